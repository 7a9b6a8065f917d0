/** Signing keys in the console: what is refused and how to go on, what is never sent, and the share of traffic. */
import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { assertAccessible } from "../harness/axe.mjs";
import { Console } from "../harness/console.mjs";
import { Keyring } from "../harness/openssl.mjs";
import { scene } from "../harness/stage.mjs";
import { findSecrets, recordRequests } from "../harness/traces.mjs";

/** @typedef {import("../harness/stage.mjs").Stage} Stage */

const test = scene();

/**
 * The demo's administrator, where a key is added.
 * @param {Stage} stage
 */
async function atNewKey(stage) {
  const office = new Console(await (await stage.context({ viewport: { width: 1440, height: 900 } })).newPage(), stage.manifest);
  await office.signIn();
  await office.goTo("Signing keys");
  await office.page.getByRole("button", { name: "Add a key" }).click();
  await office.page.getByLabel("Public key", { exact: true }).waitFor();
  return office;
}

test("a private key is burnt, and goes nowhere, pasted or from a file", async (stage) => {
  const keyring = await Keyring.make();
  try {
    await keyring.shell("openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out privateKey.pem");
    const secret = await keyring.read("privateKey.pem");
    const office = await atNewKey(stage);
    const { page } = office;
    const requests = recordRequests(page.context());
    const field = page.getByLabel("Public key", { exact: true });
    await field.fill(secret);
    await page.getByRole("button", { name: "Register key" }).click();
    await page.getByText("This is a private key.").waitFor();
    assert.match(await office.fault("Public key"), /consider it burnt/);
    assert.equal(await field.inputValue(), "");
    await page.getByText("Make a new pair, keep its private half where tokens are made").waitFor();
    await assertAccessible(page.mainFrame(), "a private key");

    await field.fill("x");
    const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.getByRole("button", { name: "Choose a file…" }).click()]);
    await chooser.setFiles(keyring.path("privateKey.pem"));
    await page.getByText("This is a private key.").waitFor();
    assert.equal(await field.inputValue(), "");
    const lines = secret.split("\n").filter((line) => line !== "" && !line.startsWith("-"));
    assert.deepEqual(findSecrets(requests, lines), []);
  } finally {
    await keyring.dispose();
  }
});

test("a key is taken as people have it: PEM with escaped line breaks, a JWK, a file", async (stage) => {
  const keyring = await Keyring.make();
  try {
    const office = await atNewKey(stage);
    const { page } = office;
    const field = page.getByLabel("Public key", { exact: true });
    const open = () => page.getByRole("button", { name: "Add a key" }).click();

    await keyring.makePair();
    const pem = await keyring.read("publicKey.pem");
    await field.fill(`"${pem.replaceAll("\n", "\\n")}"`);
    await page.getByText("Its line breaks were the two characters", { exact: false }).waitFor();
    assert.equal(await field.inputValue(), pem.trim());
    await assertAccessible(page.mainFrame(), "a PEM whose line breaks were put right");
    await page.getByLabel("Key id", { exact: true }).fill("escaped-2026");
    await page.getByRole("button", { name: "Register key" }).click();
    await office.key("escaped-2026").getByText("Pending", { exact: true }).waitFor();

    await keyring.makePair();
    const jwk = { ...createPublicKey(await keyring.read("publicKey.pem")).export({ format: "jwk" }), kid: "jwk-2026", use: "sig" };
    await open();
    await field.fill(JSON.stringify(jwk, null, 2));
    await page.getByRole("button", { name: "Register key" }).click();
    await office.key("jwk-2026").getByText("RS256, 2048 bits").waitFor();

    await keyring.makePair();
    const secret = createPrivateKey(await keyring.read("privateKey.pem")).export({ format: "jwk" });
    const requests = recordRequests(page.context());
    await open();
    await field.fill(JSON.stringify(secret));
    await page.getByRole("button", { name: "Register key" }).click();
    await page.getByText("This is a private key.").waitFor();
    assert.match(await office.fault("Public key"), /consider it burnt/);
    assert.equal(await field.inputValue(), "");
    assert.deepEqual(findSecrets(requests, [String(secret.d)]), []);

    const file = { ...createPublicKey(await keyring.read("publicKey.pem")).export({ format: "jwk" }), kid: "file-2026" };
    await writeFile(keyring.path("key.jwk"), JSON.stringify(file));
    await writeFile(keyring.path("large.pem"), "x".repeat(70_000));
    const choose = async (/** @type {string} */ name) => {
      const button = page.getByRole("button", { name: "Choose a file…" });
      const [chooser] = await Promise.all([page.waitForEvent("filechooser"), button.click()]);
      await chooser.setFiles(keyring.path(name));
    };
    await choose("large.pem");
    await page.getByText("large.pem is too large to be a public key.").waitFor();
    await choose("key.jwk");
    await page.getByRole("button", { name: "Register key" }).click();
    await office.key("file-2026").getByText("Pending", { exact: true }).waitFor();
  } finally {
    await keyring.dispose();
  }
});

test("every refusal says what is wrong and what to do", async (stage) => {
  const keyring = await Keyring.make();
  try {
    await writeFile(keyring.path("demo.pem"), stage.manifest.customerPrivateKeyPem);
    await keyring.shell(`
      openssl pkey -in demo.pem -pubout -out known.pem
      openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out small-private.pem 2>/dev/null
      openssl pkey -in small-private.pem -pubout -out small.pem
      openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out odd-private.pem
      openssl pkey -in odd-private.pem -pubout -out odd.pem
      openssl req -x509 -key demo.pem -subj /CN=shop -days 1 -out certificate.pem`);
    const office = await atNewKey(stage);
    const { page } = office;
    const refusals = /** @type {const} */ ([
      ["known.pem", /has this key already/, "Look for it in the list"],
      ["small.pem", /fewer than 2048 bits/, "Make another pair"],
      ["odd.pem", /type or curve is not accepted/, "Make another pair"],
      ["certificate.pem", /is a certificate/, "This writes the public key of a certificate"],
      [null, /not a readable key/, "this writes its public half"],
    ]);
    for (const [file, fault, way] of refusals) {
      await page.getByLabel("Public key", { exact: true }).fill(file === null ? "hello" : await keyring.read(file));
      await page.getByRole("button", { name: "Register key" }).click();
      await page.getByText(way, { exact: false }).waitFor();
      assert.match(await office.fault("Public key"), fault);
    }
    await page.getByLabel("Address of the key set", { exact: true }).fill("ftp://shop.example/jwks.json");
    await page.getByRole("button", { name: "Use this address" }).click();
    await page.locator(".field-error").filter({ hasText: /https/ }).waitFor();
    assert.match(await office.fault("Address of the key set"), /https/);
  } finally {
    await keyring.dispose();
  }
});

test("a key's share of traffic is seen once a visitor has signed in", async (stage) => {
  const shop = await stage.visitor();
  await shop.signIn(0);
  await shop.chat.open();
  await shop.chat.log.waitFor();
  const office = new Console(await (await stage.context({ viewport: { width: 1440, height: 900 } })).newPage(), stage.manifest);
  await office.signIn();
  await office.goTo("Signing keys");
  const card = office.key(stage.manifest.customerKeyId);
  await card.getByText(/^100 % of the last 7 days, \d+ sessions?$/).waitFor();
  await card.getByRole("button", { name: /^Revoke/ }).click();
  const question = office.page.getByRole("alertdialog");
  await question.getByText("every sign-in is refused with PROJECT_NOT_SET_UP").waitFor();
  await question.getByText(/It is in use: 100 %/).waitFor();
  await question.getByRole("button", { name: "Cancel" }).click();
  await card.getByText("Active", { exact: true }).waitFor();
});
