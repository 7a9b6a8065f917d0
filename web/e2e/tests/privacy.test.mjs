/** What must not be left behind: nothing of one person for the next, no token or claim anywhere it can be read. */
import assert from "node:assert/strict";
import { scene } from "../harness/stage.mjs";
import { findSecrets, readPage, recordRequests, tokenParts } from "../harness/traces.mjs";
import { eventually } from "../harness/wait.mjs";
import { Shop } from "../harness/shop.mjs";

const test = scene();

test("D27 two people, one browser: nothing of the first is there for the second", async (stage) => {
  const [shop, desk] = [await stage.visitor(), await stage.agent()];
  const { chat, page } = shop;
  const canaries = ["canary-visitor-4c1f", "canary-agent-92be", "canary-draft-77a0"];
  const [written, answered, draft] = /** @type {[string, string, string]} */ (canaries);

  await shop.signIn(0);
  await chat.open();
  await chat.send(written);
  await desk.open(written);
  await desk.reply(answered);
  await chat.see(answered);
  await chat.field.fill(draft);
  assert.notDeepEqual(findSecrets(await readPage(page), canaries), [], "the search finds what is on the screen");
  canaries.push(shop.customer(0).userId);

  await shop.signOut();
  await eventually(async () => !(await chat.dialog.isVisible()), { what: "the chat to be wiped" });
  assert.deepEqual(findSecrets(await readPage(page), canaries), [], "after signing out");

  await shop.signIn(1);
  await chat.open();
  await chat.field.waitFor();
  await chat.send("I am somebody else");
  await desk.row("I am somebody else").waitFor();
  assert.deepEqual(findSecrets(await readPage(page), canaries), [], "as the second person");
  const kept = JSON.stringify(await page.context().storageState({ indexedDB: true }));
  assert.deepEqual(findSecrets({ kept }, canaries), [], "in the browser's profile");

  await page.goBack();
  await page.goForward();
  assert.deepEqual(findSecrets(await readPage(page), canaries), [], "through the back button");
});

test("D27 another person without a sign-out between: hard reset", async (stage) => {
  const shop = await stage.visitor();
  await shop.signIn(0);
  await shop.chat.open();
  await shop.chat.send("canary-switch-1b7d");
  // The shop's cookie changes hands while the first person's chat is still open in this browser.
  await shop.page.context().clearCookies();
  await shop.signIn(1);
  await shop.chat.open();
  await shop.chat.send("I am somebody else here");
  const secrets = ["canary-switch-1b7d", shop.customer(0).userId];
  assert.deepEqual(findSecrets(await readPage(shop.page), secrets), []);
});

test("D38 tokens and claims: not in storage, addresses, referrers, consoles or the server's log", async (stage) => {
  const context = await stage.context();
  const requests = recordRequests(context);
  /** @type {Set<string>} */
  const tokens = new Set();
  context.on("response", async (response) => {
    const { pathname } = new URL(response.url());
    if (!/signet-token|\/activate$/.test(pathname)) return;
    const text = await response.text().catch(() => "");
    for (const [token] of text.matchAll(/[\w-]{16,}(?:\.[\w-]+){2,4}/g)) tokens.add(token);
  });
  const page = await context.newPage();
  const shop = new Shop(page, stage.manifest);
  const desk = await stage.agent();

  await shop.visit();
  await shop.chat.open();
  await shop.chat.send("canary-anonymous-5d20");
  // An anonymous visitor's device credential may persist on Signet's origin: it gives no access by itself.
  const allowed = await (await shop.chat.frame()).evaluate(() => JSON.stringify({ ...localStorage }));
  await shop.signIn(2);
  await shop.chat.open();
  await shop.chat.send("canary-verified-e8c3");
  await desk.open("canary-verified-e8c3");
  await eventually(() => tokens.size >= 3, { what: "the tokens of both activations" });

  // Sign-out handles may, too: each names a session and can do nothing but end it.
  const handles = await (await shop.chat.frame()).evaluate(() => (localStorage.getItem("signet:demo:session") ?? "").split("\n"));
  const types = handles.map((handle) => JSON.parse(Buffer.from(handle.split(".")[0] ?? "", "base64url").toString()).typ);
  assert.deepEqual(new Set(types), new Set(["signet-sign-out+jwt"]));
  const sessionSecrets = [...tokens].filter((token) => !allowed.includes(token) && !handles.includes(token)).flatMap(tokenParts);
  assert.ok(sessionSecrets.length >= 4, "there is something to look for");
  const secrets = [...sessionSecrets, shop.customer(2).userId];
  const places = Object.entries(await readPage(page)).filter(([place]) => !place.endsWith(" document"));
  assert.deepEqual(findSecrets(Object.fromEntries(places), secrets), [], "in storage");
  assert.deepEqual(findSecrets(requests, [...secrets, "canary-"]), [], "in addresses and referrers");
  assert.deepEqual(findSecrets({ console: stage.console.join("\n") }, [...secrets, "canary-"]), [], "in consoles");
  assert.deepEqual(findSecrets({ log: stage.signet.log }, [...sessionSecrets, "canary-"]), [], "in the server's log");
});
