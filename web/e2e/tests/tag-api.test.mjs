/**
 * The tag's interface where a real browser matters: events in the order a page hears them, several listeners, the
 * page's own mistakes, and a tag that comes early, late or twice. The rest is in `web/loader/test`.
 */
import assert from "node:assert/strict";
import { onBrandPage } from "../harness/brand-site.mjs";
import { scene } from "../harness/stage.mjs";
import { claimsOf, makeVisitorToken } from "../harness/token.mjs";
import { eventually } from "../harness/wait.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("../harness/stage.mjs").Stage} Stage */

const test = scene();

/** Writes down every event with what `get` says of its property at that moment. */
const LISTEN = `
const heard = [];
iAdvizeInterface.push((iAdvize) => {
  for (const property of ['tag:version', 'chatbox:status', 'conversation:id', 'conversation:unreadCount', 'visitor:assurance']) {
    iAdvize.on(property + 'Change', (value) => heard.push([property, value, iAdvize.get(property)]));
  }
  for (const event of ['success', 'failure', 'expired', 'logout']) {
    iAdvize.on('authentication:' + event, (value) => heard.push(['authentication:' + event, value.authentication ?? 'told', value.correlationId]));
  }
});`;

const ACTIVATE = `
let asked = 0;
const anonymous = () => { asked += 1; return { authenticationOption: { type: 'ANONYMOUS' } }; };
const secured = async () => ({ authenticationOption: { type: 'SECURED_AUTHENTICATION', token: await fetchToken() } });`;

const START = "iAdvizeInterface.push((iAdvize) => iAdvize.activate(anonymous));";
const SIGN_IN = "iAdvizeInterface.activate(secured)";

/**
 * The values a page heard of one event, once the last of them is `last`.
 * @param {Page} page
 * @param {string} event
 * @param {unknown} last
 */
async function heard(page, event, last) {
  const changes = await eventually(
    async () => {
      /** @type {[string, unknown, unknown?][]} */
      const all = await page.evaluate("heard");
      const own = all.filter(([name]) => name === event).map(([name, value, ...got]) => (name.startsWith("authentication") ? [name, value] : [name, value, ...got]));
      return own.at(-1)?.[1] === last ? own : null;
    },
    { what: `${event} to become ${last}` },
  );
  for (const [, value, ...got] of changes) if (got.length > 0) assert.deepEqual(got, [value], `get agrees with ${event}`);
  return changes.map(([, value]) => value);
}

/** @param {Stage} stage @param {string} userId */
const tokenOf = (stage, userId) => () => makeVisitorToken(claimsOf(userId), stage.manifest);

/** @param {Page} page @param {string} property */
const get = (page, property) => page.evaluate((name) => /** @type {any} */ (window).iAdvizeInterface.get(name), property);

test("every change of a visit is heard once, in order, and get agrees with it", async (stage) => {
  await onBrandPage(stage, { scripts: [LISTEN, ACTIVATE, START], token: tokenOf(stage, "tag-1") }, async ({ page, chat }) => {
    const desk = await stage.agent();
    await chat.launcher.waitFor();
    assert.deepEqual(await heard(page, "tag:version", "FULL"), ["FULL"]);
    await chat.open();
    await chat.send("Tag: hello");
    const id = await eventually(() => get(page, "conversation:id"), { what: "the conversation's id" });
    assert.match(id, /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/);
    assert.deepEqual(await heard(page, "conversation:id", id), [id]);

    await page.evaluate("iAdvizeInterface.closeChatbox()");
    await heard(page, "chatbox:status", "REDUCED");
    await desk.open("Tag: hello");
    await desk.reply("Tag: answer");
    assert.deepEqual(await heard(page, "conversation:unreadCount", 1), [1]);
    await page.evaluate("iAdvizeInterface.openChatbox()");
    await chat.see("Tag: answer");
    assert.deepEqual(await heard(page, "conversation:unreadCount", 0), [1, 0]);

    await page.evaluate(SIGN_IN);
    assert.deepEqual(await heard(page, "visitor:assurance", "VERIFIED"), ["ANONYMOUS", "VERIFIED"]);
    assert.deepEqual(await heard(page, "conversation:id", id), [id], "the same conversation goes on");

    await page.evaluate("iAdvizeInterface.logout()");
    assert.deepEqual(await heard(page, "authentication:logout", "told"), ["told"]);
    assert.deepEqual(await heard(page, "conversation:id", null), [id, null]);
    assert.deepEqual(await heard(page, "visitor:assurance", null), ["ANONYMOUS", "VERIFIED", null]);
    assert.deepEqual(await heard(page, "chatbox:status", "HIDDEN"), ["REDUCED", "OPENED", "REDUCED", "OPENED", "HIDDEN"]);
    assert.deepEqual(await heard(page, "tag:version", "LIGHT"), ["FULL", "LIGHT"]);
  });
});

test("authentication events carry the result that activate gives, and the number to find it by", async (stage) => {
  let token = "not.a.token.at.all";
  await onBrandPage(stage, { scripts: [LISTEN, ACTIVATE], token: () => token }, async ({ page }) => {
    await eventually(() => page.evaluate("typeof iAdvizeInterface.activate === 'function'"), { what: "the tag" });
    const refused = await page.evaluate(`${SIGN_IN}.then(({ authentication }) => authentication)`);
    token = makeVisitorToken(claimsOf("tag-2"), stage.manifest);
    const accepted = await page.evaluate(`${SIGN_IN}.then(({ authentication }) => authentication)`);
    assert.equal(refused.code, "TOKEN_MALFORMED");
    assert.equal(accepted.status, "authentication-success");
    /** @type {[string, unknown][]} */
    const all = await page.evaluate("heard");
    const [failure, success] = all.filter(([name]) => name.startsWith("authentication:"));
    assert.deepEqual(failure?.slice(0, 2), ["authentication:failure", refused]);
    assert.match(refused.correlationId, /^[\da-f-]{36}$/);
    const { correlationId, ...result } = /** @type {Record<string, unknown>} */ (success?.[1]);
    assert.deepEqual([success?.[0], result], ["authentication:success", accepted]);
    assert.match(String(correlationId), /^[\da-f-]{36}$/);
    assert.equal(accepted.correlationId, undefined, "the documented success has documented members only");

    await page.evaluate("iAdvizeInterface.logout()");
    const logout = await eventually(async () => /** @type {any[][]} */ (await page.evaluate("heard")).find(([name]) => name === "authentication:logout"), {
      what: "the sign-out to be told",
    });
    assert.equal(logout[2], correlationId, "of the activation whose session ended");
  });
});

test("several listeners, one taken off, others that throw: each is heard and nothing else is harmed", async (stage) => {
  const listeners = `
const calls = [];
const removed = () => calls.push('removed');
iAdvizeInterface.push((iAdvize) => {
  iAdvize.on('conversation:idChange', () => { throw new Error('mistake of a listener'); });
  iAdvize.on('conversation:idChange', async () => { throw new Error('mistake of an async listener'); });
  iAdvize.on('conversation:idChange', () => calls.push('first'));
  iAdvize.on('conversation:idChange', () => calls.push('second'));
  iAdvize.on('conversation:idChange', removed);
  iAdvize.off('conversation:idChange', removed);
  throw new Error('mistake of a pushed function');
});
window.iAdvizeCallbacks = {
  ...window.iAdvizeCallbacks,
  onChatStarted() { throw new Error('mistake of a callback'); },
};
iAdvizeInterface.push((iAdvize) => iAdvize.activate(anonymous, () => { throw new Error('mistake of onResult'); }));`;
  await onBrandPage(stage, { scripts: [ACTIVATE, listeners] }, async ({ page, chat }) => {
    const desk = await stage.agent();
    await chat.open();
    await chat.send("In spite of mistakes");
    await eventually(async () => (await page.evaluate("calls.length")) === 2, { what: "both listeners" });
    assert.deepEqual(await page.evaluate("calls"), ["first", "second"]);
    await desk.open("In spite of mistakes");
    await desk.reply("All is well");
    await chat.see("All is well");
    const reported = ["a listener", "an async listener", "a pushed function", "a callback", "onResult"];
    for (const mistake of reported) {
      const lines = stage.console.filter((line) => line.includes("[signet] a callback of this page failed") && line.includes(`mistake of ${mistake}`));
      assert.equal(lines.length, 1, `${mistake}: ${stage.console.join("\n")}`);
    }
    assert.deepEqual(stage.console.filter((line) => line.startsWith("uncaught")), [], "none of them escapes");
  });
});

test("loaded twice, under both its names, the tag is there once", async (stage) => {
  const again = (/** @type {string} */ name) => `
{ const script = document.createElement('script');
  script.src = '${new URL(stage.manifest.platformUrl).origin}/${name}';
  script.onload = () => (window.copies = (window.copies ?? 0) + 1);
  document.head.append(script); }`;
  const scripts = [LISTEN, ACTIVATE, START, again("iadvize.js"), again("signet.js")];
  await onBrandPage(stage, { scripts }, async ({ page, chat }) => {
    await eventually(async () => (await page.evaluate("window.copies")) === 2, { what: "two more copies of the tag" });
    await chat.open();
    await chat.send("From a page with three tags");
    assert.equal(await page.locator("iframe").count(), 1);
    assert.equal(await page.evaluate("asked"), 1);
    assert.equal(await page.evaluate("signetInterface === iAdvizeInterface"), true);
    assert.deepEqual(await heard(page, "tag:version", "FULL"), ["FULL"]);
    // Once more, long after: the chat stays as it is.
    await page.evaluate(again("iadvize.js"));
    await eventually(async () => (await page.evaluate("window.copies")) === 3, { what: "a late copy of the tag" });
    await chat.see("From a page with three tags");
    assert.equal(await page.evaluate("asked"), 1);
  });
});

test("what is pushed before the tag runs when it comes, in order; a queue kept from before is the interface", async (stage) => {
  const early = `
const order = [];
const kept = iAdvizeInterface;
kept.push(() => order.push('one'));
iAdvizeInterface.push(async (iAdvize) => order.push((await iAdvize.activate(anonymous)).authentication.status));
kept.push(() => order.push('two'));`;
  await onBrandPage(stage, { scripts: [ACTIVATE, early], holdTag: true }, async ({ page, chat, loadTag }) => {
    await eventually(() => page.evaluate("kept.length === 3"), { what: "the queue" });
    assert.deepEqual(await page.evaluate("order"), []);
    loadTag();
    await chat.launcher.waitFor();
    await eventually(async () => (await page.evaluate("order.length")) === 3, { what: "the activation" });
    assert.deepEqual(await page.evaluate("order"), ["one", "two", "authentication-success"]);
    assert.equal(await page.evaluate("kept === iAdvizeInterface && kept.get('tag:version')"), "FULL");
    await page.evaluate("kept.push((iAdvize) => iAdvize.openChatbox())");
    await chat.dialog.waitFor();
  });
});

test("the page's callbacks get the documented contexts", async (stage) => {
  const callbacks = `
const called = [];
const note = (name) => (context) => called.push([name, context]);
window.iAdvizeCallbacks = {};
for (const name of ['onChatDisplayed', 'onChatButtonDisplayed', 'onChatStarted', 'onMessageSent', 'onMessageReceived', 'onChatEnded', 'onChatHidden']) {
  window.iAdvizeCallbacks = { ...window.iAdvizeCallbacks, [name]: note(name) };
}`;
  await onBrandPage(stage, { scripts: [ACTIVATE, callbacks, START] }, async ({ page, chat }) => {
    const desk = await stage.agent();
    await chat.open();
    await chat.send("Callbacks: hello");
    await desk.open("Callbacks: hello");
    await desk.reply("Callbacks: answer");
    await chat.see("Callbacks: answer");
    const id = await get(page, "conversation:id");
    await desk.close();
    await chat.log.getByText("This conversation was closed").waitFor();
    await page.evaluate("iAdvizeInterface.closeChatbox()");
    const context = (/** @type {string} */ name) =>
      eventually(async () => /** @type {[string, any][]} */ (await page.evaluate("called")).find(([called]) => called === name)?.[1], { what: name });
    for (const name of ["onChatDisplayed", "onChatButtonDisplayed", "onChatHidden"]) assert.deepEqual(await context(name), {}, name);
    for (const name of ["onChatStarted", "onChatEnded"]) {
      const { conversationId, vuid } = await context(name);
      assert.equal(conversationId, id, name);
      assert.match(vuid, /./, name);
    }
    const sent = await context("onMessageSent");
    assert.equal(sent.msg, "Callbacks: hello");
    const received = await context("onMessageReceived");
    assert.equal(received.msg, "Callbacks: answer");
    assert.equal(Date.parse(received.date), received.time);
    assert.ok(Math.abs(received.time - Date.now()) < 60_000 && Math.abs(sent.time - Date.now()) < 60_000, "milliseconds of now");
    assert.ok("id" in received.operator && "externalId" in received.operator);
  });
});

test("with explicit consent nothing is stored before it is given, and the page hears of it", async (stage) => {
  const explicit = `
iAdvizeInterface.config.useExplicitCookiesConsent = true;
const consents = [];
iAdvizeInterface.push((iAdvize) => iAdvize.on('visitor:cookiesConsentChange', (value) => consents.push(value)));`;
  await onBrandPage(stage, { scripts: [ACTIVATE, explicit, START], holdTag: true }, async ({ page, chat, loadTag }) => {
    loadTag();
    await chat.open();
    await chat.send("Without consent");
    const stored = async () => (await chat.frame()).evaluate(() => localStorage.length + sessionStorage.length + document.cookie.length);
    assert.equal(await get(page, "visitor:cookiesConsent"), null);
    assert.equal(await stored(), 0);
    await page.evaluate("iAdvizeInterface.set('visitor:cookiesConsent', true)");
    await eventually(async () => (await stored()) > 0, { what: "the device's credential to be kept" });
    await page.evaluate("iAdvizeInterface.set('visitor:cookiesConsent', 'yes')");
    assert.deepEqual(await page.evaluate("consents"), [true], "nothing but true, false and null is consent");
    await page.evaluate("iAdvizeInterface.set('visitor:cookiesConsent', false)");
    await eventually(async () => (await stored()) === 0, { what: "the device's credential to be forgotten" });
    await chat.send("Consent taken back");
  });
});

test("extID beside a verified identity is ignored with one warning, and the padlock stays", async (stage) => {
  const script = "window.idzCustomData = { \"extID\": \"FR-012345\" };";
  await onBrandPage(stage, { scripts: [script, ACTIVATE], token: tokenOf(stage, "tag-8") }, async ({ page, chat }) => {
    const desk = await stage.agent();
    await page.evaluate("iAdvizeInterface.push((iAdvize) => iAdvize.activate(secured))");
    await chat.open();
    await chat.send("Named twice");
    await desk.open("Named twice");
    await desk.padlock(/^Verified/).waitFor();
    const profile = desk.page.getByRole("complementary", { name: "Visitor" });
    await profile.getByText("tag-8", { exact: true }).waitFor();
    assert.equal(await profile.getByText("FR-012345").count(), 0);
    assert.equal(stage.console.filter((line) => line.includes("extID is ignored")).length, 1);
  });
});

test("help prints methods, properties and events", async (stage) => {
  await onBrandPage(stage, {}, async ({ page }) => {
    await eventually(() => page.evaluate("typeof iAdvizeInterface.help === 'function'"), { what: "the tag" });
    await page.evaluate("iAdvizeInterface.help()");
    const text = await eventually(() => stage.console.find((line) => line.startsWith("info methods: ")), { what: "the help" });
    for (const name of ["activate()", "logout()", "recordTransaction()", "visitor:GDPRConsent", "chatbox:status", "authentication:success"]) {
      assert.ok(text.includes(name), `${name} in ${text}`);
    }
  });
});
