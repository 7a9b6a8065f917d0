/** A project's settings in the console: what is changed, what is refused where, and who may do neither. */
import assert from "node:assert/strict";
import { assertAccessible } from "../harness/axe.mjs";
import { Console } from "../harness/console.mjs";
import { invite } from "../harness/people.mjs";
import { serve } from "../harness/site.mjs";
import { scene } from "../harness/stage.mjs";
import { Widget } from "../harness/widget.mjs";

/** @typedef {import("../harness/stage.mjs").Stage} Stage */
/** @typedef {import("playwright-core").BrowserContextOptions} BrowserContextOptions */

const test = scene();

/**
 * The demo's administrator, at its project's settings.
 * @param {Stage} stage
 * @param {BrowserContextOptions} [options]
 */
async function administrator(stage, options) {
  const office = new Console(await (await stage.context({ viewport: { width: 1440, height: 900 }, ...options })).newPage(), stage.manifest);
  await office.signIn();
  await office.goTo("Settings");
  await office.see("Project settings");
  await office.page.getByLabel("Site id", { exact: true }).waitFor();
  return office;
}

/**
 * Saves, and answers the question if there is one.
 * @param {Console} office
 */
async function save({ page }, { all = false } = {}) {
  await page.getByRole("button", { name: "Save changes" }).click();
  if (all) await page.getByRole("alertdialog").getByRole("button", { name: "Save all the same" }).click();
  await page.getByRole("region", { name: "Unsaved changes" }).waitFor({ state: "detached" });
}

test("what is not saved is kept and marked, and what is wrong stands at its field", async (stage) => {
  const office = await administrator(stage);
  const { page } = office;
  await page.getByLabel("Session lifetime", { exact: true }).fill("7");
  await page.getByLabel("Unit of session lifetime", { exact: true }).selectOption("minutes");
  const bar = page.getByRole("region", { name: "Unsaved changes" });
  await bar.getByText("Session lifetime").waitFor();
  await office.goTo("Signing keys");
  await office.see("Signing keys");
  assert.ok((await office.pages()).some((name) => /Settings.*not saved yet/s.test(name)), "the mark in the navigation");
  await office.goTo("Settings");
  await bar.waitFor();
  assert.equal(await page.getByLabel("Session lifetime", { exact: true }).inputValue(), "7");

  await page.getByLabel("Clock leeway", { exact: true }).fill("75");
  await page.getByRole("button", { name: "Save changes" }).click();
  await page.getByText("The leeway is 0 to 60 whole seconds.").waitFor();
  assert.match(await office.fault("Clock leeway"), /0 to 60 whole seconds/);
  await assertAccessible(page.mainFrame(), "a setting that is refused");
  await page.getByLabel("Clock leeway", { exact: true }).fill("soon");
  assert.match(await office.fault("Clock leeway"), /whole number/);
  await page.getByText("Off", { exact: true }).click();
  await page.getByRole("button", { name: "Save changes" }).click();
  assert.equal(await page.getByRole("alertdialog").count(), 0, "what cannot be saved is not asked about");
  await page.getByText("On", { exact: true }).click();
  await page.getByLabel("Clock leeway", { exact: true }).fill("5");
  await page.getByLabel("Claim prefix", { exact: true }).fill("");
  await page.getByRole("button", { name: "Save changes" }).click();
  await page.getByText(/claim prefix has 1 to 255/i).waitFor();
  assert.match(await office.fault("Claim prefix"), /claim prefix/i);
  await page.getByLabel("Claim prefix", { exact: true }).fill("https://iadvize.com/");
  await save(office);
  await page.reload();
  await page.getByLabel("Site id", { exact: true }).waitFor();
  assert.equal(await page.getByLabel("Session lifetime", { exact: true }).inputValue(), "7");
});

test("origins are put right, refused, taken away after a question", async (stage) => {
  const office = await administrator(stage);
  const { page } = office;
  const field = page.getByLabel("New origin", { exact: true });
  await field.fill("HTTPS://Shop.Example:443/cart");
  await field.press("Enter");
  const list = page.getByRole("list", { name: "Origins" });
  await list.getByText("https://shop.example", { exact: true }).waitFor();
  await field.fill("https://shop.example");
  await field.press("Enter");
  assert.match(await office.fault("New origin"), /on the list already/);
  await field.fill("not an address");
  await field.press("Enter");
  assert.match(await office.fault("New origin"), /no web address/);
  await field.fill("");
  await save(office);
  await page.getByRole("button", { name: "Remove https://shop.example" }).click();
  await page.getByText("will have no chat any more").first().waitFor();
  await page.getByRole("button", { name: "Save changes" }).click();
  await assertAccessible(page.mainFrame(), "the question before a risky change");
  await page.getByRole("alertdialog").getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Discard" }).click();
  await list.getByText("https://shop.example", { exact: true }).waitFor();
});

test("the strict profile warns of what the provider must do, and shows its algorithms", async (stage) => {
  const { page } = await administrator(stage);
  assert.equal(await page.getByRole("group", { name: "Signature algorithms" }).count(), 0);
  await page.getByText("Strict", { exact: true }).click();
  await page.getByText("will be refused. Take one that your provider makes to the Token Doctor before.").waitFor();
  const algorithms = page.getByRole("group", { name: "Signature algorithms" });
  await algorithms.getByText("RS256").click();
  await page.getByText(/There is an active key for RS256/).waitFor();
  await page.getByRole("button", { name: "Discard" }).click();
  await algorithms.waitFor({ state: "detached" });
});

test("in observe mode the chat starts by itself, and on again waits for the page", async (stage) => {
  const office = await administrator(stage, { permissions: ["clipboard-read", "clipboard-write"] });
  const { page } = office;
  await page.getByRole("button", { name: "Copy the snippet" }).click();
  await page.getByText("Copied").waitFor();
  const snippet = await page.evaluate(() => navigator.clipboard.readText());
  const site = await serve({ "/": () => ({ body: `<!doctype html><html lang="en"><title>Shop</title><body><h1>Shop</h1>${snippet}</body></html>` }) });
  try {
    await page.getByText("Observe", { exact: true }).click();
    await page.getByText("The chat will start for everybody by itself").first().waitFor();
    await save(office, { all: true });
    const visit = await (await stage.context()).newPage();
    await visit.goto(site.origin);
    await new Widget(visit, stage.manifest.platformUrl).launcher.waitFor();
    await page.getByText("On", { exact: true }).click();
    await save(office);
  } finally {
    await site.close();
  }
});

test("an auditor reads settings and keys, changes nothing, and is told what they may not see", async (stage) => {
  const { projectId } = stage.manifest;
  const inviter = await administrator(stage);
  const auditor = await invite(inviter.page, { projectId, role: "AUDITOR", email: "auditor@lumen.example", name: "Otto Klein" });
  const office = new Console(await (await stage.context({ viewport: { width: 1440, height: 900 } })).newPage(), stage.manifest);
  await office.signIn(auditor);
  const { page } = office;
  const pages = await office.pages();
  assert.ok(pages.includes("Settings") && pages.includes("Signing keys"), pages.join(", "));
  assert.ok(!pages.includes("Token Doctor") && !pages.includes("Projects"), pages.join(", "));
  await office.goTo("Settings");
  await page.getByLabel("Site id", { exact: true }).waitFor();
  assert.equal(await page.getByLabel("Name", { exact: true }).getAttribute("readonly"), "");
  assert.equal(await page.getByLabel("New origin", { exact: true }).count(), 0);
  await assertAccessible(page.mainFrame(), "settings for an auditor");
  await office.goTo("Signing keys");
  await office.see("Signing keys");
  await page.getByRole("article").first().waitFor();
  assert.equal(await page.getByRole("button", { name: "Add a key" }).count(), 0);
  assert.equal(await page.getByRole("button", { name: /^Revoke/ }).count(), 0);
  for (const path of ["/admin/failures", "/admin/projects"]) {
    await office.open(`${path}?project=${projectId}`);
    await office.see("You may not see this page");
    assert.equal(await page.getByText("Your role does not allow it.").count(), 1);
  }
});

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  test(`settings and keys have no accessibility faults, ${colorScheme}`, async (stage) => {
    const office = await administrator(stage, { colorScheme });
    const frame = office.page.mainFrame();
    await office.page.getByText("Strict", { exact: true }).click();
    await assertAccessible(frame, "settings, changed");
    await office.page.setViewportSize({ width: 380, height: 780 });
    await assertAccessible(frame, "settings on a telephone");
    assert.equal(await office.isCutOff(), false, "nothing of the settings is cut off at the side");
    await office.page.getByRole("button", { name: "Discard" }).click();
    await office.goTo("Signing keys");
    await office.page.getByRole("article").first().waitFor();
    await assertAccessible(frame, "keys on a telephone");
    assert.equal(await office.isCutOff(), false, "nothing of the keys is cut off at the side");
    await office.page.getByRole("button", { name: "Add a key" }).click();
    await office.page.getByLabel("Public key", { exact: true }).waitFor();
    await assertAccessible(frame, "a new key on a telephone");
    assert.equal(await office.isCutOff(), false, "nothing of the form is cut off at the side");
  });
}
