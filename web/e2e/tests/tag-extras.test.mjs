/**
 * The tag where pages differ: a policy with nonces and Trusted Types, storage that is blocked, the page's own buttons, sales, the
 * survey, and links to another of the brand's domains.
 */
import assert from "node:assert/strict";
import { onBrandPage } from "../harness/brand-site.mjs";
import { brandPage } from "../harness/brand.mjs";
import { scene } from "../harness/stage.mjs";
import { serve } from "../harness/site.mjs";
import { eventually } from "../harness/wait.mjs";
import { Widget } from "../harness/widget.mjs";

/** @typedef {import("playwright-core").Page} Page */

const test = scene();

const START = "iAdvizeInterface.push((iAdvize) => iAdvize.activate(() => ({ authenticationOption: { type: 'ANONYMOUS' } })));";

/** @param {Page} page @param {string} selector @param {string} name */
const attribute = (page, selector, name) => page.locator(selector).getAttribute(name);

test("a policy with nonces and Trusted Types stops nothing", async (stage) => {
  const { projectId, platformUrl } = stage.manifest;
  const signet = new URL(platformUrl).origin;
  const nonce = "c2lnbmV0LW5vbmNl";
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `frame-src ${signet}`,
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
    "base-uri 'none'",
  ].join("; ");
  const body = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A strict page</title>
<script nonce="${nonce}">
window.iAdvizeInterface = window.iAdvizeInterface || [];
iAdvizeInterface.config = { sid: '${projectId}', customButtons: { online: '#ours' } };
${START}
</script>
<script nonce="${nonce}" async src="${signet}/iadvize.js"></script></head>
<body><h1>A strict page</h1><button id="ours">Ask us</button></body></html>`;
  const site = await serve({ "/": () => ({ body, headers: { "content-security-policy": policy } }) });
  try {
    const page = await (await stage.context()).newPage();
    await page.goto(site.origin);
    const chat = new Widget(page, platformUrl);
    await chat.launcher.waitFor();
    await eventually(() => attribute(page, "#ours", "data-idz-chatbox-status"), { what: "the second script" });
    await page.getByRole("button", { name: "Ask us" }).click();
    await chat.dialog.waitFor();
    await chat.send("From under a strict policy");
    const refused = stage.console.filter((line) => /content.security.policy|trusted ?types|TrustedScript/i.test(line));
    assert.deepEqual(refused.filter((line) => !line.includes("favicon")), []);
  } finally {
    await site.close();
  }
});

test("where storage is blocked the chat works, and a new page begins anew", async (stage) => {
  await onBrandPage(stage, { scripts: [START] }, async ({ page, chat }) => {
    await page.context().addInitScript(() => {
      for (const name of ["localStorage", "sessionStorage", "indexedDB"]) {
        Object.defineProperty(window, name, {
          get() {
            throw new DOMException("blocked", "SecurityError");
          },
        });
      }
      // Neither locks nor channels, as in frames whose origin browsers keep from the rest.
      Object.defineProperty(navigator, "locks", { value: undefined });
      Object.defineProperty(window, "BroadcastChannel", { value: undefined });
    });
    await page.reload();
    await chat.open();
    await chat.send("Written without storage");
    await page.evaluate("iAdvizeInterface.logout()");
    assert.equal(await page.locator("iframe").count(), 0);
    await page.reload();
    await chat.open();
    await chat.field.waitFor();
    assert.equal(await chat.root.getByText("Written without storage").count(), 0);
    assert.deepEqual(stage.console.filter((line) => line.startsWith("uncaught")), []);
  });
});

test("the page's own buttons: one of them is shown, opens the chat, and says how it stands", async (stage) => {
  const buttons = `
iAdvizeInterface.config.customButtons = { online: '.ask-online', busy: '.ask-busy', offline: '.ask-offline' };
const add = (name, text) => {
  const button = Object.assign(document.createElement('button'), { className: 'ask-' + name, textContent: text });
  if (name !== 'offline') button.style.display = 'none';
  document.body.append(button);
};
add('online', 'Chat with us'); add('busy', 'All busy'); add('offline', 'Write an e-mail');`;
  await onBrandPage(stage, { scripts: [buttons] }, async ({ page, chat }) => {
    const desk = await stage.agent();
    await page.getByRole("button", { name: "Write an e-mail" }).waitFor();
    assert.equal(await page.getByRole("button", { name: "Chat with us" }).isVisible(), false);
    await page.evaluate(START);
    await page.getByRole("button", { name: "Chat with us" }).click();
    await chat.dialog.waitFor();
    assert.equal(await page.getByRole("button", { name: "Write an e-mail" }).isVisible(), false);
    assert.equal(await page.getByRole("button", { name: "All busy" }).isVisible(), false);
    const online = (/** @type {string} */ name) => attribute(page, ".ask-online", `data-idz-${name}`);
    assert.equal(await online("chatbox-status"), "OPEN");
    assert.equal(await online("conversation-status"), "NOT_ONGOING");
    await chat.send("Buttons: hello");
    await eventually(async () => (await online("conversation-status")) === "ONGOING", { what: "the conversation" });
    await page.evaluate("iAdvizeInterface.closeChatbox()");
    await eventually(async () => (await online("chatbox-status")) === "REDUCED", { what: "the closed chat" });
    await desk.open("Buttons: hello");
    await desk.reply("Buttons: answer");
    await eventually(async () => (await online("unread-message-count")) === "1", { what: "the unread message" });
    await page.evaluate("iAdvizeInterface.logout()");
    await page.getByRole("button", { name: "Write an e-mail" }).waitFor();
  });
});

test("the survey after an agent closed the conversation tells the page, and the answer is kept", async (stage) => {
  const callbacks = `
const called = [];
window.iAdvizeCallbacks = {
  onSatisfactionDisplayed: () => called.push('displayed'),
  onSatisfactionAnswered: () => called.push('answered'),
};`;
  await onBrandPage(stage, { scripts: [callbacks, START] }, async ({ page, chat }) => {
    const desk = await stage.agent();
    await chat.open();
    await chat.send("Survey: hello");
    await desk.open("Survey: hello");
    await desk.close();
    await chat.root.getByRole("region", { name: "How was this conversation?" }).waitFor();
    assert.deepEqual(await page.evaluate("called"), ["displayed"]);
    const rating = page.waitForResponse((response) => response.url().endsWith("/visitor/v1/satisfaction"));
    await chat.root.getByRole("button", { name: "Good", exact: true }).click();
    assert.equal((await rating).status(), 204);
    await chat.root.getByRole("textbox", { name: "Would you like to add something?" }).fill("Quick and kind");
    const comment = page.waitForResponse((response) => response.url().endsWith("/visitor/v1/satisfaction"));
    await chat.root.getByRole("button", { name: "Send feedback" }).click();
    assert.equal((await comment).status(), 204);
    await chat.root.getByText("Thank you, your feedback helps us.").waitFor();
    assert.deepEqual(await page.evaluate("called"), ["displayed", "answered"]);
    await chat.send("Survey: a new question");
  });
});

test("a sale recorded before the chat is there is told once the visitor has one", async (stage) => {
  const sale = "iAdvizeInterface.push((iAdvize) => iAdvize.recordTransaction({ id: 'order-tag-extras', amount: 49.95 }));";
  await onBrandPage(stage, { scripts: [sale] }, async ({ page, chat }) => {
    await eventually(() => page.evaluate("typeof iAdvizeInterface.recordTransaction === 'function'"), { what: "the tag" });
    assert.equal(await page.locator("iframe").count(), 0, "nothing is loaded for it");
    const told = page.waitForResponse((response) => response.url().endsWith("/visitor/v1/transactions"));
    await page.evaluate(START);
    assert.equal((await told).status(), 200);
    await chat.open();
    await chat.send("Sale: hello");
    /** @type {{stored: boolean, conversationId: string}[]} */
    const answers = [];
    await page.context().route("**/visitor/v1/transactions", async (route) => {
      const response = await route.fetch();
      answers.push(await response.json());
      await route.fulfill({ response });
    });
    await page.evaluate("iAdvizeInterface.recordTransaction({ id: 'order-tag-extras-2', amount: 5 })");
    const answer = await eventually(() => answers[0], { what: "the sale to be stored" });
    assert.equal(answer.stored, true);
    assert.equal(answer.conversationId, await page.evaluate("iAdvizeInterface.get('conversation:id')"));
  });
});

test("a link to another of the brand's domains takes the guest's conversation along, once", async (stage) => {
  const other = await serve({ "/": () => brandPage(stage.manifest, [START]) });
  // Another host name: nothing of the first domain's storage is there.
  const there = other.origin.replace("127.0.0.1", "localhost");
  const link = `
iAdvizeInterface.config.crossDomains = ['${there}'];
const a = Object.assign(document.createElement('a'), { href: '${there}/?idzconvid=written-by-the-page', textContent: 'Our other shop' });
document.body.append(a);`;
  try {
    await onBrandPage(stage, { scripts: [link, START] }, async ({ page, chat }) => {
      await chat.open();
      await chat.send("Hand-over: hello");
      const code = page.waitForResponse((response) => response.url().endsWith("/visitor/v1/hand-over"));
      await page.getByRole("link", { name: "Our other shop" }).hover();
      assert.equal((await code).status(), 201);
      await eventually(async () => {
        await page.getByRole("link", { name: "Our other shop" }).click();
        return page.url().startsWith(there);
      }, { what: "the other shop" });
      const arrived = new URL(page.url()).searchParams.get("idzconvid") ?? "";
      assert.ok(arrived.length > 20 && arrived !== "written-by-the-page", "a code, not what the page wrote");
      await chat.open();
      await chat.see("Hand-over: hello");
      await chat.send("Hand-over: and on");

      // The code is used up: whoever finds it in a history or a log gets nothing.
      const stranger = await (await stage.context()).newPage();
      await stranger.goto(`${there}/?idzconvid=${arrived}`);
      const theirs = new Widget(stranger, stage.manifest.platformUrl);
      await theirs.open();
      await theirs.field.waitFor();
      assert.equal(await theirs.root.getByText("Hand-over: hello").count(), 0);
    });
  } finally {
    await other.close();
  }
});
