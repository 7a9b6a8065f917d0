/** Pages that cannot have a chat, and are told why before an integrator loses patience; and pages that lose theirs. */
import assert from "node:assert/strict";
import { brandPage } from "../harness/brand.mjs";
import { serve } from "../harness/site.mjs";
import { scene } from "../harness/stage.mjs";
import { claimsOf, makeVisitorToken } from "../harness/token.mjs";
import { eventually } from "../harness/wait.mjs";
import { Widget } from "../harness/widget.mjs";

/** @typedef {import("../harness/stage.mjs").Stage} Stage */

const FOREIGN = "foreign.example";
const test = scene({ browser: [`--host-resolver-rules=MAP ${FOREIGN} 127.0.0.1`] });

/** Activates, and keeps the outcome with the milliseconds it took. */
const ACTIVATE = `
window.activate = () => iAdvizeInterface.push(async (iAdvize) => {
  const start = performance.now();
  const { authentication } = await iAdvize.activate(async () => ({
    authenticationOption: { type: 'SECURED_AUTHENTICATION', token: await fetchToken() },
  }));
  (window.outcomes ??= []).push({ authentication, took: performance.now() - start });
});
activate();`;

/**
 * Opens a page that activates. Gives the page, its site and its outcomes as they come.
 * @param {Stage} stage
 * @param {{projectId?: string, host?: string, scripts?: string[], prepare?: (page: import("playwright-core").Page) => Promise<unknown>}} options
 * @param {(opened: {page: import("playwright-core").Page, origin: string, outcome: (index?: number) => Promise<any>}) => Promise<void>} body
 */
async function onPage(stage, { projectId = stage.manifest.projectId, host = "127.0.0.1", scripts = [ACTIVATE], prepare }, body) {
  const site = await serve({
    "/": () => brandPage({ ...stage.manifest, projectId }, scripts),
    "/token": () => ({ type: "text/plain", body: makeVisitorToken(claimsOf("brand-9001"), stage.manifest) }),
  });
  try {
    const page = await (await stage.context()).newPage();
    await prepare?.(page);
    const origin = `http://${host}:${site.port}`;
    await page.goto(origin);
    const outcome = (index = 0) =>
      eventually(() => page.evaluate((at) => /** @type {any} */ (window).outcomes?.[at], index), { what: "an outcome" });
    await body({ page, origin, outcome });
  } finally {
    await site.close();
  }
}

/** @param {Stage} stage */
const errors = (stage) => stage.console.filter((line) => line.startsWith("error [signet]"));

test("an unknown project is told at once", async (stage) => {
  await onPage(stage, { projectId: "nope" }, async ({ page, outcome }) => {
    const { authentication, took } = await outcome();
    assert.equal(authentication.code, "PROJECT_NOT_SET_UP");
    assert.equal(authentication.reason, "Failed to authenticate visitor from credentials : the website is not correctly setup (null)");
    assert.match(authentication.correlationId, /./);
    assert.ok(took < 10_000, `${took} ms`);
    assert.equal(await new Widget(page, stage.manifest.platformUrl).isVisible(), false);
  });
});

test("a page whose origin is not on the list is told, and which origin to add", async (stage) => {
  await onPage(stage, { host: FOREIGN }, async ({ page, origin, outcome }) => {
    const { authentication, took } = await outcome();
    assert.equal(authentication.code, "ORIGIN_NOT_ALLOWED");
    assert.equal(
      authentication.reason,
      "Failed to fetch authentication with a server error: this page's origin is not allowed for the project",
    );
    assert.ok(took < 12_000, `${took} ms`);
    await eventually(() => errors(stage).length > 0, { what: "the advice in the console" });
    const [line, ...others] = errors(stage);
    assert.deepEqual(others, []);
    assert.match(line ?? "", new RegExp(`add ${origin} to the allowed origins of project ${stage.manifest.projectId} `));
    assert.equal(await page.locator("iframe, script[src*='/visitor/']").count(), 0, "nothing is left on the page");
  });
});

test("a page that does not activate is told too", async (stage) => {
  await onPage(stage, { projectId: "nope", scripts: [] }, async () => {
    await eventually(() => errors(stage).some((line) => line.includes("no project has the sid")), { what: "the advice" });
  });
});

for (const [way, handle] of /** @type {[string, (route: import("playwright-core").Route) => unknown][]} */ ([
  ["cannot be reached", (route) => route.abort("connectionrefused")],
  ["does not answer", () => undefined],
])) {
  test(`a chat that ${way} fails well within 15 s, and may be tried again`, async (stage) => {
    const pattern = (/** @type {URL} */ url) => url.pathname === "/widget";
    const prepare = (/** @type {import("playwright-core").Page} */ page) => page.route(pattern, (route) => void handle(route));
    await onPage(stage, { prepare }, async ({ page, outcome }) => {
      const { authentication, took } = await outcome();
      assert.equal(authentication.code, "SERVICE_UNAVAILABLE");
      assert.match(authentication.reason, /^Failed to fetch authentication with a server error: /);
      assert.ok(took < 30_000, `${took} ms`);
      await page.unroute(pattern);
      await page.evaluate(() => /** @type {any} */ (window).activate());
      assert.equal((await outcome(1)).authentication.status, "authentication-success");
    });
  });
}

test("a page that swaps its body may activate again, without a sign-out", async (stage) => {
  await onPage(stage, {}, async ({ page, outcome }) => {
    await outcome();
    const chat = new Widget(page, stage.manifest.platformUrl);
    await chat.open();
    await chat.send("Before the page changed");
    await page.evaluate(() => document.body.replaceWith(document.createElement("body")));
    assert.equal(await page.locator("iframe").count(), 0);
    await page.evaluate(() => /** @type {any} */ (window).activate());
    assert.equal((await outcome(1)).authentication.status, "authentication-success");
    await chat.open();
    await chat.see("Before the page changed");
    await chat.send("After it");
  });
});

test("the chat comes back after a swapped or moved frame with the next sign of the visitor", async (stage) => {
  await onPage(stage, {}, async ({ page, outcome }) => {
    await outcome();
    const chat = new Widget(page, stage.manifest.platformUrl);
    await chat.open();
    await chat.send("Still here");
    await page.evaluate(() => {
      history.pushState(null, "", "/next");
      document.body.replaceWith(document.createElement("body"));
      history.back();
    });
    await chat.open();
    await chat.see("Still here");

    // Moving a frame reloads it: the old one must not stay as a dead rectangle.
    await page.evaluate(() => document.body.append(document.body.appendChild(document.createElement("div"))));
    await page.evaluate(() => document.querySelector("div")?.append(/** @type {Node} */ (document.querySelector("iframe"))));
    await page.locator("iframe").waitFor({ state: "detached" });
    await page.evaluate(() => /** @type {any} */ (window).iAdvizeInterface.openChatbox());
    await chat.dialog.waitFor();
    await chat.see("Still here");
  });
});
