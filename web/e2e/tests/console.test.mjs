/** The console: what is wrong with a token, and who was refused lately. */
import assert from "node:assert/strict";
import { assertAccessible } from "../harness/axe.mjs";
import { brandPage } from "../harness/brand.mjs";
import { Console } from "../harness/console.mjs";
import { serve } from "../harness/site.mjs";
import { scene } from "../harness/stage.mjs";
import { claimsOf, makeVisitorToken } from "../harness/token.mjs";
import { findSecrets, readPage, recordRequests, tokenParts } from "../harness/traces.mjs";
import { eventually } from "../harness/wait.mjs";

/** @typedef {import("../harness/stage.mjs").Stage} Stage */
/** @typedef {import("playwright-core").BrowserContextOptions} BrowserContextOptions */

const test = scene();

/** Activates, and keeps the outcome. */
const ACTIVATE = `
window.iAdvizeInterface = window.iAdvizeInterface || [];
iAdvizeInterface.push(async (iAdvize) => {
  const { authentication } = await iAdvize.activate(async () => ({
    authenticationOption: { type: 'SECURED_AUTHENTICATION', token: await fetchToken() },
  }));
  window.outcome = authentication;
});`;

/**
 * An administrator, signed in at the console.
 * @param {Stage} stage
 * @param {BrowserContextOptions} [options]
 */
async function administrator(stage, options) {
  const context = await stage.context({ viewport: { width: 1440, height: 900 }, ...options });
  const office = new Console(await context.newPage(), stage.manifest);
  await office.signIn();
  await office.goTo("Token Doctor");
  await office.token.waitFor();
  return office;
}

/**
 * A token of a visitor that ran out an hour ago.
 * @param {Stage} stage
 */
function expiredToken(stage) {
  const exp = Math.floor(Date.now() / 1000) - 3600;
  return makeVisitorToken({ ...claimsOf("brand-7310"), exp }, stage.manifest);
}

/**
 * Lets a page activate with an expired token. Gives what the page was told.
 * @param {Stage} stage
 */
async function failToActivate(stage) {
  const token = expiredToken(stage);
  const site = await serve({
    "/": () => brandPage(stage.manifest, [ACTIVATE]),
    "/token": () => ({ type: "text/plain", body: token }),
  });
  try {
    const page = await (await stage.context()).newPage();
    await page.goto(site.origin);
    const outcome = await eventually(() => page.evaluate(() => /** @type {any} */ (window).outcome), { what: "an outcome" });
    assert.equal(outcome.code, "TOKEN_EXPIRED");
    return /** @type {{code: string, correlationId: string}} */ (outcome);
  } finally {
    await site.close();
  }
}

test("the Token Doctor says what is wrong with a token that is not encrypted, and shows none of its claims", async (stage) => {
  const office = await administrator(stage);
  await office.page.getByRole("heading", { name: "What the Token Doctor does" }).waitFor();
  const encode = (/** @type {unknown} */ value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const bareJws = `${encode({ alg: "RS256" })}.${encode(claimsOf("brand-7311"))}.${"A".repeat(342)}`;
  await office.inspect(bareJws, "The token is signed but not encrypted");
  assert.equal(await office.fact("The token is signed but not encrypted", "Code"), "TOKEN_NOT_ENCRYPTED");
  assert.equal(await office.fact("The token is signed but not encrypted", "The page is told"), "TOKEN_MALFORMED");
  const more = office.main.getByRole("link", { name: /^TOKEN_NOT_ENCRYPTED in the documentation/ });
  const [documentation] = await Promise.all([office.page.waitForEvent("popup"), more.click()]);
  await documentation.getByRole("heading", { name: "TOKEN_NOT_ENCRYPTED" }).waitFor();
  await office.step("Shape").getByText("Failed").waitFor();
  await office.step("Signature").getByText("Not reached").waitFor();
  assert.equal(await office.main.getByRole("heading", { name: "Claims" }).and(office.main.getByRole("heading", { level: 2 })).count(), 0);
  assert.equal(await office.main.getByText("brand-7311").count(), 0);
});

test("the Token Doctor shows the claims of an expired token, accepts a fresh one, and keeps neither", async (stage) => {
  const office = await administrator(stage);
  const requests = recordRequests(office.page.context());
  const expired = expiredToken(stage);
  await office.inspect(expired, "The token has expired");
  await office.step("Signature").getByText("OK", { exact: true }).waitFor();
  await office.step("Claims").getByText("Failed").waitFor();
  assert.equal(await office.fact("Claims", "https://iadvize.com/userId"), '"brand-7310"');

  // As it was sent: the quotes are the fault, and the console must not take them off.
  const fresh = makeVisitorToken(claimsOf("brand-7312"), stage.manifest);
  await office.inspect(`"${fresh}"`, "The token stands in quotes");
  await office.token.fill(fresh);
  await office.token.press("Control+Enter");
  await office.main.getByRole("heading", { name: "This token is accepted" }).waitFor();

  const { "document": _, ...kept } = Object.fromEntries(
    Object.entries(await readPage(office.page)).map(([place, text]) => [place.split(" ")[1] ?? place, text]),
  );
  assert.deepEqual(findSecrets({ ...kept, ...requests }, [...tokenParts(expired), ...tokenParts(fresh)]), []);
  await office.goTo("Failures");
  await office.goTo("Token Doctor");
  assert.equal(await office.token.inputValue(), "");
  await office.page.reload();
  assert.equal(await office.token.inputValue(), "");
});

test("a failed activation appears in the open feed, and is found by what the page was told", async (stage) => {
  const office = await administrator(stage);
  await office.goTo("Failures");
  await office.page.getByText(/^Updated /).waitFor();
  const { correlationId } = await failToActivate(stage);
  const other = await failToActivate(stage);
  await office.failures.filter({ hasText: correlationId }).waitFor();
  await office.failures.filter({ hasText: other.correlationId }).waitFor();

  await office.find(correlationId);
  await office.failures.filter({ hasText: other.correlationId }).waitFor({ state: "detached" });
  const row = office.failures.filter({ hasText: correlationId });
  await row.waitFor();
  assert.equal(await office.failures.count(), 1);
  await row.getByRole("button", { name: "The token has expired" }).click();
  await row.getByText("https://livechat.iadvize.com", { exact: true }).waitFor();
  assert.equal(await row.getByText("brand-7310").count(), 0, "the feed knows nothing of the visitor");

  await office.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await row.getByRole("button", { name: /^Copy correlation id/ }).click();
  await row.getByText("Copied").waitFor();
  assert.equal(await office.page.evaluate(() => navigator.clipboard.readText()), correlationId);

  await office.find("nothing-like-it");
  await office.page.getByRole("heading", { name: "No such failure" }).waitFor();
  await office.page.getByRole("button", { name: "Show all failures" }).click();
  await office.failures.filter({ hasText: other.correlationId }).waitFor();
  await office.page.getByLabel("Code", { exact: true }).selectOption({ label: "TOKEN_EXPIRED, all" });
  await eventually(async () => new URL(office.page.url()).searchParams.get("code") === "TOKEN_EXPIRED", { what: "the filter in the address" });
  await office.failures.filter({ hasText: correlationId }).waitFor();
});

test("console and desk lead to each other, for administrators alone", async (stage) => {
  const office = await administrator(stage);
  await office.page.getByRole("link", { name: /^Desk/ }).click();
  await office.page.getByRole("list", { name: "Conversations" }).waitFor();
  await office.page.getByRole("link", { name: "Console" }).click();
  await office.main.getByRole("heading", { level: 1 }).waitFor();
  await office.page.goBack();
  await office.page.getByRole("list", { name: "Conversations" }).waitFor();

  const desk = await stage.agent();
  assert.equal(await desk.page.getByRole("link", { name: "Console" }).count(), 0);
  await desk.page.goto(new URL("/admin/failures", stage.manifest.platformUrl).href);
  await desk.page.getByRole("heading", { name: "The console is for administrators" }).waitFor();
  assert.equal(await desk.page.getByRole("navigation", { name: "Console" }).count(), 0);
  await desk.page.getByRole("link", { name: "Back to the desk" }).click();
  await desk.list.waitFor();
});

test("an address that leads nowhere says so, and leads on", async (stage) => {
  const office = await administrator(stage);
  for (const [address, title] of /** @type {const} */ ([
    ["/admin/nothing", "No such page"],
    ["/admin/doctor?project=somebody-elses", "No such project"],
  ])) {
    await office.page.goto(new URL(address, stage.manifest.platformUrl).href);
    await office.main.getByRole("heading", { level: 1, name: title, exact: true }).waitFor();
    await assertAccessible(office.page.mainFrame(), title);
    await office.page.getByRole("link", { name: "Go to the console’s first page" }).click();
    await office.main.getByRole("heading", { level: 1, name: title, exact: true }).waitFor({ state: "detached" });
  }
});

test("on a telephone the pages stand behind a button", async (stage) => {
  const office = await administrator(stage, { viewport: { width: 380, height: 780 } });
  await office.page.getByRole("button", { name: "Pages", exact: true }).click();
  await office.page.getByRole("dialog", { name: "Pages" }).waitFor();
  await assertAccessible(office.page.mainFrame(), "the pages on a telephone");
  await office.page.getByRole("button", { name: "Close pages" }).click();
  await office.goTo("Failures");
  await office.page.getByRole("dialog").waitFor({ state: "detached" });
  await office.main.getByRole("heading", { level: 1, name: "Authentication failures" }).waitFor();
});

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  test(`the console has no accessibility faults, ${colorScheme}`, async (stage) => {
    const { correlationId } = await failToActivate(stage);
    const office = await administrator(stage, { colorScheme });
    const frame = office.page.mainFrame();
    await assertAccessible(frame, "the Token Doctor, empty");
    await office.inspect(expiredToken(stage), "The token has expired");
    await assertAccessible(frame, "the Token Doctor's finding");
    await office.goTo("Failures");
    const row = office.failures.filter({ hasText: correlationId });
    await row.getByRole("button", { name: "The token has expired" }).click();
    await office.page.getByText("As a table").click();
    await assertAccessible(frame, "the failures");
    await office.page.setViewportSize({ width: 390, height: 844 });
    await assertAccessible(frame, "the failures on a telephone");
    const isWider = await office.main.evaluate((main) => main.scrollWidth > main.clientWidth);
    assert.equal(isWider, false, "nothing is cut off at the side");
  });
}
