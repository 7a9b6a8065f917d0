/** A key that is tried on the last tokens before it is activated, and what its revocation ends. */
import assert from "node:assert/strict";
import { assertAccessible } from "../harness/axe.mjs";
import { Console } from "../harness/console.mjs";
import { Keyring } from "../harness/openssl.mjs";
import { scene } from "../harness/stage.mjs";
import { claimsOf, makeVisitorToken } from "../harness/token.mjs";

/** @typedef {import("../harness/stage.mjs").Stage} Stage */

const test = scene();

/**
 * Presents a token as a program would, and gives the code of its refusal.
 * @param {Stage} stage
 * @param {string} customerPrivateKeyPem
 */
async function present({ manifest }, customerPrivateKeyPem) {
  const token = makeVisitorToken(claimsOf("trial-1"), { ...manifest, customerPrivateKeyPem });
  const answer = await fetch(new URL("/visitor/v1/activate", manifest.platformUrl), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ projectId: manifest.projectId, authenticationOption: { type: "SECURED_AUTHENTICATION", token } }),
  });
  return (await answer.json()).code ?? null;
}

/** @param {Stage} stage */
async function atKeys(stage) {
  const office = new Console(await (await stage.context({ viewport: { width: 1440, height: 900 } })).newPage(), stage.manifest);
  await office.signIn();
  await office.goTo("Signing keys");
  return office;
}

test("a key is tried before it is activated, and its revocation says how many sessions end", async (stage) => {
  const keyring = await Keyring.make();
  try {
    await keyring.makePair();
    const secret = await keyring.read("privateKey.pem");
    const office = await atKeys(stage);
    const { page } = office;
    await office.registerKey(await keyring.read("publicKey.pem"), "next-2026");
    const card = office.key("next-2026");
    await office.prove(card, keyring);
    const attempt = card.getByRole("button", { name: /^Try/ });
    await attempt.click();
    await card.getByText("No token to try it on.").waitFor();
    await card.getByText("None came in the last 15 minutes.", { exact: false }).waitFor();
    await assertAccessible(page.mainFrame(), "a key, tried on nothing");

    // The provider signs with either meanwhile.
    const codes = [];
    for (const key of [stage.manifest.customerPrivateKeyPem, secret, secret]) codes.push(await present(stage, key));
    assert.deepEqual(codes, [null, "TOKEN_SIGNATURE_INVALID", "TOKEN_SIGNATURE_INVALID"]);
    await attempt.click();
    await card.getByText(/^It verifies 2 of the last 3 tokens, (at|from) \d\d:\d\d/).waitFor();
    await card.getByText("The others are signed with another key, or damaged.", { exact: false }).waitFor();
    await assertAccessible(page.mainFrame(), "a key that verifies tokens");
    await page.setViewportSize({ width: 390, height: 844 });
    assert.equal(await office.isCutOff(), false, "nothing of a trial is cut off at the side");
    await page.setViewportSize({ width: 1440, height: 900 });

    await page.route("**/graphql", (route) =>
      route.request().postData()?.includes("TryKey") ? route.abort() : route.fallback(),
    );
    await attempt.click();
    await card.getByRole("alert").getByText("Signet cannot be reached.", { exact: false }).waitFor();
    assert.equal(await card.getByText(/It verifies 2/).count(), 0, "what was found before is not said of now");
    await assertAccessible(page.mainFrame(), "a trial that failed");
    await page.unroute("**/graphql");

    await card.getByRole("button", { name: "Activate" }).click();
    await card.getByText("Active", { exact: true }).waitFor();
    assert.equal(await present(stage, secret), null);
    await card.getByRole("button", { name: "Revoke next-2026" }).click();
    const question = page.getByRole("alertdialog");
    await question.getByText("Ends 1 session within five seconds: that visitor has to prove anew who they are.").waitFor();
    await question.getByRole("button", { name: "Revoke for good" }).click();
    await card.waitFor({ state: "detached" });
    assert.equal(await present(stage, secret), "TOKEN_SIGNATURE_INVALID");
  } finally {
    await keyring.dispose();
  }
});

test("a key that verifies nothing says what that means", async (stage) => {
  const keyring = await Keyring.make();
  try {
    await keyring.makePair();
    assert.equal(await present(stage, stage.manifest.customerPrivateKeyPem), null);
    const office = await atKeys(stage);
    await office.registerKey(await keyring.read("publicKey.pem"), "stranger-2026");
    const card = office.key("stranger-2026");
    await office.prove(card, keyring);
    await card.getByRole("button", { name: "Try it on the last tokens" }).click();
    await card.getByText(/^It verifies none of the last \d+ tokens?/).waitFor();
    await card.getByText("If it signs with this one already, this is not its public half.", { exact: false }).waitFor();
    await assertAccessible(office.page.mainFrame(), "a key that verifies nothing");
    await card.getByRole("button", { name: "Activate" }).waitFor();
  } finally {
    await keyring.dispose();
  }
});
