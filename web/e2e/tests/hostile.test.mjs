/** Other windows: who may talk to the chat, and who may frame it. */
import assert from "node:assert/strict";
import { brandPage } from "../harness/brand.mjs";
import { serve } from "../harness/site.mjs";
import { scene } from "../harness/stage.mjs";
import { claimsOf, makeVisitorToken } from "../harness/token.mjs";
import { eventually } from "../harness/wait.mjs";
import { Widget } from "../harness/widget.mjs";

const EVIL = "evil.example";
const test = scene({ browser: [`--host-resolver-rules=MAP ${EVIL} 127.0.0.1`] });

/**
 * Runs in a hostile window: sends every command to the chat's window, bare and with the handshake in front, and keeps
 * what comes back.
 */
const ATTACK = `
  window.answers = [];
  // The attackers reach each other too; that does not count.
  window.onmessage = (event) => event.origin !== location.origin && window.answers.push(event.data);
  window.attack = (chat) => {
    const hello = { signet: "connect", language: "en", handOver: null, persist: true, sheet: false };
    const option = { type: "ANONYMOUS" };
    const commands = [
      { type: "activate", id: 1, option, customData: "{}" }, { type: "answer", id: 1, option: null },
      { type: "logout", id: 2, others: true }, { type: "handOver", id: 3, origin: location.origin },
      { type: "transaction", transaction: { id: "order-of-evil", amount: 1 } },
      { type: "open" }, { type: "close" }, { type: "layout", sheet: true }, { type: "persist", allowed: true },
      { type: "customData", customData: '{"plan":"evil"}' },
    ];
    for (const command of commands) chat.postMessage(command, "*");
    const channel = new MessageChannel();
    channel.port1.onmessage = (event) => window.answers.push(event.data);
    chat.postMessage(hello, "*", [channel.port2]);
    for (const command of commands) channel.port1.postMessage(command);
  };
`;

test("D34 commands of a sibling, a popup and the page itself are ignored", async (stage) => {
  const desk = await stage.agent();
  const evil = await serve({ "/": () => ({ body: `<!doctype html><title>Evil</title><script>${ATTACK}</script>` }) });
  const address = `http://${EVIL}:${evil.port}/`;
  const activate = `
    iAdvizeInterface.push((iAdvize) => iAdvize.activate(async () => ({
      authenticationOption: { type: "SECURED_AUTHENTICATION", token: await fetchToken() },
    })));`;
  const brand = await serve({
    "/": () => brandPage(stage.manifest, [activate], { frames: [new URL(address).origin] }),
    "/token": () => ({ type: "text/plain", body: makeVisitorToken(claimsOf("brand-8001"), stage.manifest) }),
  });
  try {
    const page = await (await stage.context()).newPage();
    await page.goto(brand.origin);
    const chat = new Widget(page, stage.manifest.platformUrl);
    await chat.open();
    await chat.send("Before the attack");
    await desk.open("Before the attack");

    await page.evaluate((src) => document.body.append(Object.assign(document.createElement("iframe"), { src })), address);
    const sibling = await eventually(() => page.frames().find((frame) => frame.url() === address), { what: "the sibling" });
    await sibling.waitForLoadState();
    const [popup] = await Promise.all([page.waitForEvent("popup"), page.evaluate((src) => void window.open(src), address)]);
    await popup.waitForLoadState();
    for (const attacker of [sibling, popup.mainFrame()]) {
      const reached = await attacker.evaluate(() => {
        const around = window.opener ?? window.parent;
        let count = 0;
        for (let index = 0; index < around.length; index += 1) {
          if (around[index] === window) continue;
          /** @type {any} */ (window).attack(around[index]);
          count += 1;
        }
        return count;
      });
      assert.ok(reached >= 1, "the attacker reaches the chat's window");
    }
    // The page itself, later than the tag: it may not introduce itself a second time.
    await page.evaluate(ATTACK);
    await page.evaluate(() => /** @type {any} */ (window).attack(window[0]));

    await chat.send("After the attack");
    await desk.mark("After the attack", "Verified").waitFor();
    await chat.see("Before the attack");
    for (const attacker of [sibling, popup.mainFrame(), page.mainFrame()]) {
      assert.deepEqual(await attacker.evaluate(() => /** @type {any} */ (window).answers), [], "nothing comes back");
    }
  } finally {
    await Promise.all([evil.close(), brand.close()]);
  }
});

test("D34 a sibling that speaks before the page is not heard, and the page still is", async (stage) => {
  const { platformUrl, projectId } = stage.manifest;
  const evil = await serve({ "/": () => ({ body: `<!doctype html><title>Evil</title><script>${ATTACK}</script>` }) });
  const widget = new URL(`/widget?project=${encodeURIComponent(projectId)}`, platformUrl).href;
  const address = `http://${EVIL}:${evil.port}/`;
  const frames = `<iframe src="${widget}"></iframe><iframe src="${address}"></iframe>`;
  const brand = await serve({ "/": () => ({ body: `<!doctype html><title>Brand</title>${frames}` }) });
  try {
    const page = await (await stage.context()).newPage();
    /** @type {string[]} */
    const activations = [];
    page.on("request", (request) => request.url().endsWith("/activate") && activations.push(request.url()));
    await page.goto(brand.origin, { waitUntil: "load" });
    const sibling = await eventually(() => page.frames().find((frame) => frame.url() === address), { what: "the sibling" });
    await sibling.evaluate(() => /** @type {any} */ (window).attack(window.parent[0]));

    await page.evaluate((origin) => {
      const { port1, port2 } = new MessageChannel();
      /** @type {unknown[]} */
      const answers = [];
      Object.assign(window, { answers });
      port1.onmessage = ({ data }) => answers.push(data);
      window[0]?.postMessage({ signet: "connect", language: "en", handOver: null, persist: true, sheet: false }, origin, [port2]);
    }, new URL(platformUrl).origin);
    /** @param {import("playwright-core").Frame} frame */
    const heard = (frame) => frame.evaluate(() => /** @type {any} */ (window).answers);
    await eventually(async () => (await heard(page.mainFrame())).length + (await heard(sibling)).length > 0, { what: "an answer" });
    assert.deepEqual(await heard(sibling), [], "the sibling is not heard");
    assert.deepEqual(await heard(page.mainFrame()), [{ type: "ready", rightToLeft: false }], "the page is");
    assert.deepEqual(activations, []);
  } finally {
    await Promise.all([evil.close(), brand.close()]);
  }
});

test("D34 the chat in a window of its own talks to nobody", async (stage) => {
  const { platformUrl, projectId } = stage.manifest;
  const site = await serve({ "/": () => ({ body: `<!doctype html><title>Evil</title><script>${ATTACK}</script>` }) });
  try {
    const page = await (await stage.context()).newPage();
    await page.goto(`http://${EVIL}:${site.port}/`);
    const widget = new URL(`/widget?project=${encodeURIComponent(projectId)}`, platformUrl).href;
    const [popup] = await Promise.all([
      page.waitForEvent("popup"),
      page.evaluate((address) => void Object.assign(window, { chat: window.open(address) }), widget),
    ]);
    await popup.waitForLoadState();
    /** @type {string[]} */
    const activations = [];
    popup.on("request", (request) => activations.push(request.url()));
    await page.evaluate(() => /** @type {any} */ (window).attack(/** @type {any} */ (window).chat));
    // A message the window sends to itself comes after the attack's, so by then those have been looked at.
    await popup.evaluate(
      () =>
        new Promise((resolve) => {
          addEventListener("message", (event) => event.data === "done" && resolve(null));
          postMessage("done", location.origin);
        }),
    );
    assert.deepEqual(activations, []);
    assert.deepEqual(await page.evaluate(() => /** @type {any} */ (window).answers), []);
  } finally {
    await site.close();
  }
});

test("D35 a page of a foreign origin cannot frame the chat, nor open its socket", async (stage) => {
  const { platformUrl, projectId } = stage.manifest;
  const widget = new URL(`/widget?project=${encodeURIComponent(projectId)}`, platformUrl).href;
  const framing = { body: `<!doctype html><title>Evil</title><iframe src="${widget}"></iframe>` };
  const site = await serve({ "/": () => framing });
  try {
    const page = await (await stage.context()).newPage();
    await page.goto(`http://${EVIL}:${site.port}/`, { waitUntil: "load" });
    await eventually(() => stage.console.some((line) => /frame-ancestors/.test(line)), { what: "the browser to refuse the frame" });
    assert.equal(page.frames().some((frame) => frame.url().startsWith(platformUrl)), false);

    const outcome = await page.evaluate(
      (address) =>
        new Promise((resolve) => {
          const socket = new WebSocket(address, "signet.v1");
          socket.onopen = () => resolve("opened");
          socket.onerror = () => resolve("refused");
        }),
      new URL("/visitor/v1/socket", platformUrl).href.replace(/^http/, "ws"),
    );
    assert.equal(outcome, "refused");

    // The same page on an origin the project allows, to show that the frame itself is sound.
    await page.goto(site.origin, { waitUntil: "load" });
    await eventually(() => page.frames().some((frame) => frame.url() === widget), { what: "the frame on an allowed origin" });
  } finally {
    await site.close();
  }
});

test("D37 nobody can frame the desk", async (stage) => {
  const site = await serve({ "/": () => ({ body: `<!doctype html><title>Frame</title><iframe src="${stage.manifest.deskUrl}"></iframe>` }) });
  try {
    const page = await (await stage.context()).newPage();
    await page.goto(site.origin, { waitUntil: "load" });
    await eventually(() => stage.console.some((line) => /frame-ancestors|X-Frame-Options/i.test(line)), { what: "the browser to refuse the frame" });
    assert.equal(page.frames().some((frame) => frame.url().startsWith(stage.manifest.deskUrl)), false);
  } finally {
    await site.close();
  }
});
