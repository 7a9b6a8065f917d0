/** Keys that a brand publishes at an address of its own: proved, fetched, failing, removed. */
import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { assertAccessible } from "../harness/axe.mjs";
import { Console } from "../harness/console.mjs";
import { Keyring } from "../harness/openssl.mjs";
import { serve } from "../harness/site.mjs";
import { scene } from "../harness/stage.mjs";

const test = scene();

/**
 * @param {string} pem
 * @param {string} kid
 */
const published = (pem, kid) => ({ ...createPublicKey(pem).export({ format: "jwk" }), kid, use: "sig" });

test("an engineer names the address of their key set, proves it, and sees how it fares", async (stage) => {
  const keyring = await Keyring.make();
  await keyring.makePair();
  await keyring.shell(`
    openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out small.pem 2>/dev/null
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out second.pem`);
  /** @type {unknown} */
  let set = { keys: [published(await keyring.read("privateKey.pem"), "set-2026")] };
  const site = await serve({
    "/jwks.json": () => ({ type: "application/json", body: JSON.stringify(set) }),
    "/empty.json": () => ({ type: "application/json", body: JSON.stringify({ keys: [] }) }),
  });
  try {
    const office = new Console(await (await stage.context({ viewport: { width: 1440, height: 900 } })).newPage(), stage.manifest);
    const { page } = office;
    await office.signIn();
    await office.goTo("Signing keys");
    await page.getByRole("button", { name: "Add a key" }).click();
    const field = page.getByLabel("Address of the key set", { exact: true });
    for (const [path, fault] of /** @type {const} */ ([
      ["/missing.json", /another status than 200/],
      ["/empty.json", /no key that this platform could use/],
    ])) {
      await field.fill(site.origin + path);
      await page.getByRole("button", { name: "Use this address" }).click();
      await page.locator(".field-error").filter({ hasText: fault }).waitFor();
      assert.match(await office.fault("Address of the key set"), fault);
    }
    await field.fill(`${site.origin}/jwks.json`);
    await page.getByRole("button", { name: "Use this address" }).click();

    const card = office.key("Key set");
    await card.getByText("Pending", { exact: true }).waitFor();
    assert.equal(await office.key("set-2026").count(), 0, "nothing is used of a set before it is proved");
    await card.getByLabel("Signature", { exact: true }).fill("bm90IGEgc2lnbmF0dXJl");
    await card.getByRole("button", { name: "Prove" }).click();
    await card.getByText("The signature is not one of this challenge", { exact: false }).waitFor();
    await assertAccessible(page.mainFrame(), "a key set that waits for its proof");
    await office.prove(card, keyring);
    await card.getByText("In use", { exact: true }).waitFor();
    const key = office.key("set-2026");
    await key.getByText("Active", { exact: true }).waitFor();
    await key.getByText(/by the key set it stands in/).waitFor();

    set = {
      keys: [
        published(await keyring.read("privateKey.pem"), "set-2026"),
        published(await keyring.read("second.pem"), "set-second"),
        published(await keyring.read("small.pem"), "set-small"),
      ],
    };
    await card.getByRole("button", { name: "Fetch now" }).click();
    await office.key("set-second").getByText("Active", { exact: true }).waitFor();
    await card.getByText(/set-small is left out\./).waitFor();
    assert.equal(await office.key("set-small").count(), 0);
    await assertAccessible(page.mainFrame(), "a key set with a key that is left out");

    set = { keys: [] };
    await card.getByRole("button", { name: "Fetch now" }).click();
    await card.getByText("In use, last fetch failed", { exact: true }).waitFor();
    await card.getByText(/No usable key stands in the set\..*The keys of the last good set stay in use\./).waitFor();
    await key.getByText("Active", { exact: true }).waitFor();
    await assertAccessible(page.mainFrame(), "a key set that could not be fetched");
    await page.setViewportSize({ width: 390, height: 844 });
    await assertAccessible(page.mainFrame(), "a key set on a telephone");
    assert.equal(await office.isCutOff(), false, "nothing of a key set is cut off at the side");
    await page.setViewportSize({ width: 1440, height: 900 });

    await card.getByRole("button", { name: "Remove…" }).click();
    const question = page.getByRole("alertdialog");
    await question.getByText("Sessions that are open live on.", { exact: false }).waitFor();
    await assertAccessible(page.mainFrame(), "the question before a key set is removed");
    await question.getByRole("button", { name: "Remove" }).click();
    await card.waitFor({ state: "detached" });
    await key.waitFor({ state: "detached" });
    await office.key(stage.manifest.customerKeyId).waitFor();
  } finally {
    await site.close();
    await keyring.dispose();
  }
});
