/** Networks as they are: slow, and private windows in which a frame of another site may keep nothing. */
import assert from "node:assert/strict";
import { onBrandPage } from "../harness/brand-site.mjs";
import { brandPage } from "../harness/brand.mjs";
import { serve } from "../harness/site.mjs";
import { scene } from "../harness/stage.mjs";
import { claimsOf, makeVisitorToken } from "../harness/token.mjs";
import { eventually } from "../harness/wait.mjs";
import { Widget } from "../harness/widget.mjs";

/** @typedef {import("playwright-core").Page} Page */

// `localhost` is another site than the platform's 127.0.0.1, so its frames are third parties there.
const PRIVATE = ["--host-resolver-rules=MAP localhost 127.0.0.1", "--test-third-party-cookie-phaseout"];
const test = scene({ browser: PRIVATE });

const ACTIVATE = `
const results = [];
const secured = async () => ({ authenticationOption: { type: 'SECURED_AUTHENTICATION', token: await fetchToken() } });
const activate = () => iAdvizeInterface.activate(secured).then(({ authentication }) => results.push(authentication));
iAdvizeInterface.push(activate);`;

/**
 * A telephone at the edge of its network: 0.8 s there and back, 100 kbit/s down and 50 up.
 * @param {Page} page
 */
async function slowDown(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", { offline: false, latency: 800, downloadThroughput: 12_500, uploadThroughput: 6_250 });
}

test("on a slow network, with a slow provider, everything comes once and the visitor sees what goes on", async (stage) => {
  const token = () => makeVisitorToken(claimsOf("network-1"), stage.manifest);
  await onBrandPage(stage, { scripts: [ACTIVATE], token, holdTag: true }, async ({ page, chat, loadTag }) => {
    const desk = await stage.agent();
    /** @type {() => void} */
    let answer = () => {};
    const held = new Promise((resolve) => (answer = () => resolve(undefined)));
    let asked = 0;
    await page.route("**/token", async (route) => {
      asked += 1;
      await held;
      await route.continue();
    });
    await slowDown(page);
    loadTag();

    // The provider is asked, and does not answer: nothing is shown, and a second call is told so.
    await eventually(() => asked === 1, { what: "the provider to be asked" });
    assert.equal(await chat.isVisible(), false);
    await page.evaluate("void activate()");
    answer();
    await chat.launcher.waitFor();
    const reasons = await eventually(
      async () => {
        const results = await page.evaluate("results");
        return results.length === 2 && results.map((/** @type {any} */ one) => one.reason ?? one.status).sort();
      },
      { what: "both calls to be answered" },
    );
    assert.deepEqual(reasons, ["An activation is already ongoing", "authentication-success"]);
    assert.equal(asked, 2, "once for each call");

    await chat.open();
    const frame = await chat.frame();
    await frame.evaluate(() => {
      /** @type {Set<string>} */
      const seen = new Set();
      Object.assign(window, { seen });
      const look = () => document.querySelectorAll(".progress").forEach(({ textContent }) => seen.add(textContent ?? ""));
      new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
    });
    const texts = ["Slow one", "Slow two", "Slow three"];
    for (const text of texts) await chat.write(text);
    await chat.settled();
    const seen = await frame.evaluate(() => [.../** @type {any} */ (window).seen]);
    assert.ok(seen.includes("Sending…"), `the visitor saw ${seen.join(", ")}`);
    await chat.log.getByText(/^(Delivered|Read)$/).waitFor();
    await desk.open("Slow three");
    await desk.reply("Answered slowly");
    await chat.see("Answered slowly");
    for (const log of [chat.log, desk.log]) {
      const said = await log.innerText();
      const places = [...texts, "Answered slowly"].map((text) => [said.indexOf(text), said.lastIndexOf(text)]);
      assert.ok(places.every(([first = -1, last]) => first >= 0 && first === last), `each once in\n${said}`);
      assert.deepEqual(places, places.toSorted(([a = 0], [b = 0]) => a - b), `in their order in\n${said}`);
    }

    // The network is gone while a message is on its way, and comes back as slow as before.
    await page.context().setOffline(true);
    await chat.write("Slow four");
    await chat.root.getByText(/^You are offline/).waitFor();
    await page.context().setOffline(false);
    await slowDown(page);
    await chat.settled();
    await desk.see("Slow four");
    for (const log of [chat.log, desk.log]) assert.equal(await log.getByText("Slow four", { exact: true }).count(), 1);
  });
});

test("in a private window, where third parties may keep nothing, the chat works page by page and leaves nothing", async (stage) => {
  const guest = "activate(() => ({ authenticationOption: { type: 'ANONYMOUS' } }))";
  const scripts = [
    `const asGuest = () => iAdvizeInterface.${guest};`,
    ACTIVATE.replace("iAdvizeInterface.push(activate);", "iAdvizeInterface.push(() => location.hash === '#member' ? activate() : asGuest());"),
  ];
  const site = await serve({
    "/": () => brandPage(stage.manifest, scripts),
    "/token": () => ({ type: "text/plain", body: makeVisitorToken(claimsOf("network-2"), stage.manifest) }),
  });
  const origin = `http://localhost:${site.port}`;
  try {
    const desk = await stage.agent();
    const window = await stage.context();
    const tab = async (path = "/") => {
      const page = await window.newPage();
      await page.goto(origin + path);
      return { page, chat: new Widget(page, stage.manifest.platformUrl) };
    };
    const first = await tab();
    await first.chat.open();
    assert.equal(await (await first.chat.frame()).evaluate(() => document.hasStorageAccess()), false, "third parties have no cookies here");
    await first.chat.send("Private as a guest");
    await desk.open("Private as a guest");
    // The device's credential lived as long as its page: whoever comes next to it finds nothing.
    await first.page.reload();
    await first.chat.open();
    await first.chat.send("Private, another page");
    assert.equal(await first.chat.root.getByText("Private as a guest").count(), 0);

    // A person is known by their token, whatever the browser keeps.
    const second = await tab("/#member");
    await second.chat.open();
    await second.chat.send("Private as myself");
    await desk.open("Private as myself");
    await desk.mark("Private as myself", "Verified").waitFor();
    await desk.reply("Private answer");
    await second.chat.see("Private answer");
    // Every page opened a session. The last one cannot end those before it, and they keep no padlock closed.
    await second.page.reload();
    await second.chat.open();
    await second.chat.see("Private answer");
    await second.page.evaluate("iAdvizeInterface.logout()");
    await second.page.locator("iframe").waitFor({ state: "detached" });
    await desk.padlock(/^Identity no longer verified since /).waitFor();
    const third = await tab("/#member");
    await third.chat.open();
    await third.chat.see("Private as myself");
    await third.chat.see("Private answer");
    await window.close();

    const later = await (await stage.context()).newPage();
    await later.goto(origin);
    const chat = new Widget(later, stage.manifest.platformUrl);
    await chat.open();
    await chat.send("Private window again");
    await desk.row("Private window again").waitFor();
    for (const text of ["Private as a guest", "Private as myself", "Private answer"]) assert.equal(await chat.root.getByText(text).count(), 0);
  } finally {
    await site.close();
  }
});
