/**
 * From an empty platform to a visitor who is verified, by the console and a shell alone: what it prints to be copied is what
 * is run here.
 */
import assert from "node:assert/strict";
import { assertAccessible } from "../harness/axe.mjs";
import { Console } from "../harness/console.mjs";
import { Desk } from "../harness/desk.mjs";
import { Keyring } from "../harness/openssl.mjs";
import { Platform } from "../harness/platform.mjs";
import { serve } from "../harness/site.mjs";
import { scene } from "../harness/stage.mjs";
import { claimsOf, makeVisitorToken } from "../harness/token.mjs";
import { Widget } from "../harness/widget.mjs";

/** @type {Platform} */
let platform;
const test = scene({
  start: async () => (platform = await Platform.start("--outbound-private-addresses", "--outbound-plain-http")),
});

const ACTIVATE = `
iAdvizeInterface.push((iAdvize) => iAdvize.activate(async () => ({
  authenticationOption: { type: 'SECURED_AUTHENTICATION', token: await (await fetch('/token')).text() },
})));`;

/** @type {Keyring} */
let keyring;

test("an engineer makes a project, proves a key, and a visitor is verified", async (stage) => {
  keyring = await Keyring.make();
  const context = await stage.context({ viewport: { width: 1440, height: 900 }, permissions: ["clipboard-read", "clipboard-write"] });
  const office = new Console(await context.newPage(), stage.manifest);
  const { page } = office;
  await platform.welcomeOwner(page);
  await page.getByRole("link", { name: "Console" }).click();
  await office.see("Projects");
  assert.deepEqual(await office.pages(), ["Projects", "Platform keys"]);
  await page.getByText("There is no project yet.").waitFor();
  await assertAccessible(page.mainFrame(), "no project");

  let snippet = "";
  let token = "";
  const site = await serve({
    "/": () => ({ body: `<!doctype html><html lang="en"><title>Shop</title><body><h1>Shop</h1>${snippet}<script>${ACTIVATE}</script></body></html>` }),
    "/token": () => ({ type: "text/plain", body: token }),
  });
  try {
    await page.getByRole("button", { name: "New project" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Lumen & Fils");
    assert.equal(await page.getByLabel("Site id", { exact: true }).inputValue(), "lumen-fils");
    await page.getByLabel("New origin", { exact: true }).fill(`${site.origin}/cart?step=2`);
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByRole("list", { name: "Origins" }).getByText(site.origin, { exact: true }).waitFor();
    await assertAccessible(page.mainFrame(), "a new project");
    await page.getByRole("button", { name: "Create project" }).click();

    await office.see("Project settings");
    await page.getByRole("button", { name: "Copy the snippet" }).click();
    await page.getByText("Copied").waitFor();
    snippet = await page.evaluate(() => navigator.clipboard.readText());
    assert.match(snippet, new RegExp(new URL(platform.url).host));

    await registerAndProve(office);
    await office.key("lumen-2026").getByRole("button", { name: "Activate" }).click();
    await office.key("lumen-2026").getByText("Active", { exact: true }).waitFor();
    await assertAccessible(page.mainFrame(), "an active key");

    const keys = { customerPrivateKeyPem: await keyring.read("privateKey.pem"), platformPublicKeyPem: await platform.publicKey() };
    token = makeVisitorToken(claimsOf("lumen-1", { firstName: "Jane" }), keys);
    const visit = await (await stage.context()).newPage();
    await visit.goto(site.origin);
    const chat = new Widget(visit, platform.url);
    await chat.open();
    await chat.send("Is it really me?");
    await page.getByRole("link", { name: /^Desk/ }).click();
    const desk = new Desk(page, stage.manifest);
    await desk.open("Is it really me?");
    await desk.padlock(/^Verified/).waitFor();
  } finally {
    await site.close();
  }
});

/**
 * Registers a key that openssl makes, and answers its challenge by running the command that the page prints.
 * @param {Console} office
 */
async function registerAndProve(office) {
  const { page } = office;
  await office.goTo("Signing keys");
  await page.getByRole("heading", { name: "No key verifies tokens yet" }).waitFor();
  await assertAccessible(page.mainFrame(), "no key yet");
  await page.getByRole("button", { name: "Add a key" }).click();
  const makePair = await page.getByRole("group", { name: "the commands that make a pair" }).innerText();
  await keyring.shell(makePair);
  await page.getByLabel("Public key", { exact: true }).fill(await keyring.read("publicKey.pem"));
  await page.getByLabel("Key id", { exact: true }).fill("lumen-2026");
  await assertAccessible(page.mainFrame(), "a new key");
  await page.getByRole("button", { name: "Register key" }).click();

  const card = office.key("lumen-2026");
  const signature = card.getByLabel("Signature", { exact: true });
  await signature.fill("bm90IGEgc2lnbmF0dXJl");
  await card.getByRole("button", { name: "Prove" }).click();
  await card.getByText("The signature is not one of this challenge by this key", { exact: false }).waitFor();
  assert.notEqual(await office.fault("Signature"), "");
  await assertAccessible(page.mainFrame(), "a challenge, answered wrongly");

  const command = await card.getByRole("group", { name: "the openssl command" }).innerText();
  // As it is copied from a terminal, with the line break.
  await signature.fill(`${await keyring.shell(command)}\n`);
  await card.getByRole("button", { name: "Prove" }).click();
  await card.getByRole("button", { name: "Activate" }).waitFor();
}

test("signet's own command proves a key from a file, and it is retired and revoked", async (stage) => {
  const office = new Console(await (await stage.context({ viewport: { width: 1440, height: 900 } })).newPage(), stage.manifest);
  const { page } = office;
  await office.signIn();
  await office.open("/admin/keys/new?project=lumen-fils");
  await keyring.shell("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out privateKey.pem; openssl pkey -in privateKey.pem -pubout -out second.pem");
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.getByRole("button", { name: "Choose a file…" }).click()]);
  await chooser.setFiles(keyring.path("second.pem"));
  await page.getByLabel("Key id", { exact: true }).fill("lumen-second");
  await page.getByRole("button", { name: "Register key" }).click();
  const card = office.key("lumen-second");
  await card.getByText("signet", { exact: true }).click();
  const command = await card.getByRole("group", { name: "the signet command" }).innerText();
  await card.getByLabel("Signature", { exact: true }).fill(await keyring.shell(command));
  await card.getByRole("button", { name: "Prove" }).click();
  await card.getByRole("button", { name: "Activate" }).click();
  await card.getByRole("button", { name: "Retire lumen-second" }).click();
  await card.getByText("Retiring", { exact: true }).waitFor();
  await card.getByRole("button", { name: "Take back the retirement of lumen-second" }).click();
  await card.getByText("Active", { exact: true }).waitFor();
  await card.getByRole("button", { name: "Revoke lumen-second" }).click();
  const question = page.getByRole("alertdialog");
  await question.getByText("It cannot come back.").waitFor();
  await assertAccessible(page.mainFrame(), "the question before a revocation");
  await question.getByRole("button", { name: "Cancel" }).click();
  await card.getByRole("button", { name: "Revoke lumen-second" }).click();
  await question.getByRole("button", { name: "Revoke for good" }).click();
  await page.getByText("Revoked keys").click();
  await page.getByRole("region", { name: "Revoked keys" }).getByRole("article", { name: "lumen-second" }).waitFor();
  await assertAccessible(page.mainFrame(), "a revoked key");
});

test("an owner of the platform rotates its key, sees who still encrypts to the old one, and revokes it", async (stage) => {
  const office = new Console(await (await stage.context({ viewport: { width: 1440, height: 900 } })).newPage(), stage.manifest);
  const { page } = office;
  await office.signIn();
  await office.goTo("Platform keys");
  await office.see("Platform keys");
  const cards = page.getByRole("region", { name: "Platform keys" }).getByRole("article");
  await cards.filter({ hasText: "One project encrypts to it." }).waitFor();
  await assertAccessible(page.mainFrame(), "platform keys");

  await page.getByRole("button", { name: "New key…" }).click();
  await assertAccessible(page.mainFrame(), "the question before a new platform key");
  await page.getByRole("alertdialog").getByRole("button", { name: "Make the key" }).click();
  const old = cards.filter({ hasText: "One project still encrypts to it." });
  await old.getByText("Retiring", { exact: true }).waitFor();
  await old.getByText("Lumen & Fils").waitFor();
  await old.getByText(/gone in 7 days, if that was the last/).waitFor();
  const fresh = cards.filter({ hasText: "Published" }).filter({ hasText: "RSA-OAEP-256" });
  await fresh.getByText("Never", { exact: true }).waitFor();

  await old.getByRole("button", { name: /^Revoke/ }).click();
  const question = page.getByRole("alertdialog");
  const confirm = question.getByRole("button", { name: "Revoke for good" });
  assert.equal(await confirm.isDisabled(), true, "nothing is revoked before its id is typed");
  await assertAccessible(page.mainFrame(), "the question before the revocation of a platform key");
  const [, name = ""] = /platform key (\S+)…\?/.exec(await question.getByRole("heading").innerText()) ?? [];
  await question.getByRole("textbox").fill(name);
  await confirm.click();
  await page.getByText("Revoked keys").click();
  await page.getByRole("region", { name: "Revoked keys" }).getByRole("article", { name: `${name}…` }).waitFor();
  assert.equal(await cards.filter({ hasText: "still encrypts" }).count(), 0);
});
