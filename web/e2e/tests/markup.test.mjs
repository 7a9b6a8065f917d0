/**
 * Markup, scripts and addresses in what people write and in what they are called: five hundred texts through every door by which text comes in,
 * looked at where it is shown. Nothing of it runs, nothing asks a policy to be stopped, and all of it is there to be read.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { ApiVisitor, graphqlAs } from "../harness/api.mjs";
import { say, withBot } from "../harness/bot.mjs";
import { assertHarmless, watch } from "../harness/canary.mjs";
import { Desk } from "../harness/desk.mjs";
import { NAMES, PAYLOADS, packed } from "../harness/hostile-texts.mjs";
import { Shop } from "../harness/shop.mjs";
import { serve } from "../harness/site.mjs";
import { scene } from "../harness/stage.mjs";
import { claimsOf, makeVisitorToken } from "../harness/token.mjs";
import { eventually } from "../harness/wait.mjs";

/** @typedef {import("playwright-core").Locator} Locator */
/** @typedef {import("../harness/stage.mjs").Stage} Stage */

// Nobody writes five hundred messages a minute but this file.
const limits = ["messages-per-visitor", "messages-per-address", "activations-per-address"];
const test = scene({ demo: limits.flatMap((limit) => [`--${limit}`, "100000"]) });

const ANONYMOUS = /** @type {const} */ ({ type: "ANONYMOUS" });
const VIEWER_UPDATE = "mutation($input: ViewerUpdateInput!) { viewerUpdate(input: $input) { userErrors { message } } }";
const SEND = "mutation($input: MessageSendInput!) { messageSend(input: $input) { message { id } userErrors { message } } }";
/** What may not stand in a name: bidi, invisible, and what could pass for the padlock. */
const FORGED = /[\u200b-\u200f\u202a-\u202e\u2060-\u2069\u061c\ufeff\u00ad\u034f\u180e\u{e0000}-\u{e007f}\u{1f50f}-\u{1f513}\u{1f6e1}\u2705\u2713\u2714\u2611\u221a\u{10102}\u{1f197}]/u;

/** Texts by what is left of them wherever white space and control characters count for nothing. @param {string} text */
const bare = (text) => text.replace(/[\s\p{Cc}\p{Cf}]+/gu, "");

/**
 * Waits until all payloads can be read in a part of a page, letter for letter.
 * @param {Locator} part
 * @param {string} where
 */
async function assertAllRead(part, where) {
  const wanted = PAYLOADS.map(bare);
  /** @type {string[]} */
  let missing = [];
  await eventually(
    async () => {
      const text = bare(await part.evaluate((element) => element.textContent ?? ""));
      missing = wanted.filter((payload) => !text.includes(payload));
      return missing.length === 0;
    },
    { what: `every payload ${where}` },
  ).catch((error) => assert.deepEqual(missing.slice(0, 5), [], `${missing.length} payloads are missing ${where}: ${error}`));
}

/**
 * A shop and a desk whose pages are watched.
 * @param {Stage} stage
 */
async function watched(stage) {
  const [outside, inside] = [await stage.context(), await stage.context({ viewport: { width: 1440, height: 900 } })];
  const noted = await watch(outside);
  await watch(inside, noted);
  const shop = new Shop(await outside.newPage(), stage.manifest);
  await shop.visit();
  const desk = new Desk(await inside.newPage(), stage.manifest);
  await desk.visit();
  await desk.signIn();
  return { shop, desk, noted };
}

/**
 * Nothing ran, nothing had to be stopped, and nothing is there that could.
 * @param {Stage} stage
 * @param {{shop: Shop, desk: Desk, noted: string[]}} scene
 */
async function assertQuiet(stage, { shop, desk, noted }) {
  await assertHarmless(await shop.chat.frame());
  await assertHarmless(desk.page.mainFrame());
  assert.deepEqual(noted, []);
  assert.deepEqual(stage.console.filter((line) => /content.security|trusted/i.test(line)), []);
}

test("D33 the payloads are live: a careless page runs them, and a strict one is seen to stop them", async (stage) => {
  assert.ok(PAYLOADS.length >= 500, `${PAYLOADS.length} payloads`);
  const policy = { "content-security-policy": "script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'" };
  const body = "<!doctype html><title>A page</title><main></main>";
  const site = await serve({ "/": () => ({ body }), "/strict": () => ({ body, headers: policy }) });
  try {
    const context = await stage.context();
    const noted = await watch(context);
    const page = await context.newPage();
    /** @param {string[]} payloads what a page does that takes texts for markup; gives how often that was refused */
    const careless = (payloads) => {
      let refused = 0;
      for (const payload of payloads) {
        const box = document.createElement("div");
        document.querySelector("main")?.append(box);
        try {
          box.innerHTML = payload;
        } catch {
          refused += 1;
        }
      }
      return refused;
    };
    await page.goto(site.origin);
    assert.equal(await page.evaluate(careless, [...PAYLOADS]), 0);
    await eventually(() => new Set(noted.filter((line) => line.startsWith("alert "))).size >= 100, { what: "a hundred payloads to run" });

    noted.length = 0;
    await page.goto(`${site.origin}/strict`);
    assert.equal(await page.evaluate(careless, [...PAYLOADS]), PAYLOADS.length, "no markup is made of text");
    await eventually(() => noted.some((line) => line.startsWith("violation of require-trusted-types-for")), { what: "a breach to be noted" });
    // What the first page still had to run is not this one's.
    assert.deepEqual(noted.filter((line) => line.includes("/strict") && !line.startsWith("violation")), []);
  } finally {
    await site.close();
  }
});

test("D33 what visitors and agents write is text in chat, desk and saved conversation", async (stage) => {
  const { manifest } = stage;
  const actors = await watched(stage);
  const { shop, desk } = actors;
  await shop.chat.open();
  await shop.chat.send("Before the payloads");
  await desk.open("Before the payloads");

  const device = await (await shop.chat.frame()).evaluate((key) => localStorage.getItem(key) ?? "", `signet:${manifest.projectId}:device`);
  const guest = await ApiVisitor.open(manifest, ANONYMOUS, { device });
  const agent = await graphqlAs(manifest, /** @type {{email: string, password: string}} */ (manifest.agents[1]));
  const texts = packed(PAYLOADS, 1_500);
  const names = [...NAMES, ...PAYLOADS.filter((payload) => payload.length < 200)];
  let renamed = 0;
  for (const [index, text] of texts.entries()) {
    const conversationId = await guest.send(text);
    const named = await agent(VIEWER_UPDATE, { name: names[(index * 7) % names.length] });
    renamed += named.viewerUpdate.userErrors.length === 0 ? 1 : 0;
    const { messageSend } = await agent(SEND, { conversationId, text: `From the desk\n${text}` });
    assert.deepEqual(messageSend.userErrors, []);
  }
  assert.ok(renamed > texts.length / 2, "hostile names were given");
  await guest.send("After the payloads");
  await shop.chat.see("After the payloads");
  await desk.see("After the payloads");
  await assertAllRead(shop.chat.log, "in the chat");
  await assertAllRead(desk.log, "at the desk");
  await assertQuiet(stage, actors);

  // As they come from storage, on both sides.
  await shop.page.reload();
  await shop.chat.open();
  await shop.chat.see("Before the payloads");
  await desk.page.reload();
  await desk.see("After the payloads");
  await assertAllRead(shop.chat.log, "in the chat, reloaded");
  await assertAllRead(desk.log, "at the desk, reloaded");
  await assertQuiet(stage, actors);

  const [download] = await Promise.all([
    shop.page.waitForEvent("download"),
    shop.chat.root.getByRole("button", { name: "Save this conversation" }).click(),
  ]);
  const saved = await readFile(await download.path(), "utf8");
  const site = await serve({ "/saved.html": () => ({ body: saved }) });
  try {
    const page = await shop.page.context().newPage();
    await page.goto(`${site.origin}/saved.html`);
    await assertAllRead(page.locator("main"), "in the saved conversation");
    await assertHarmless(page.mainFrame());
    assert.equal(await page.locator("a, img, script, link, svg").count(), 0, "it leads nowhere and loads nothing");
    for (const name of await page.locator("h3 bdi").allTextContents()) assert.doesNotMatch(name, FORGED);
    await assertQuiet(stage, actors);
  } finally {
    await site.close();
  }
});

test("D33 what a bot says is text, its name and its choices too", async (stage) => {
  const texts = packed(PAYLOADS, 1_500);
  const left = [...texts];
  const name = `${NAMES.slice(0, 4).join("")}<img src=x onerror=alert(0)>🔒`;
  /** @type {(told: import("../harness/bot.mjs").Told) => import("../harness/bot.mjs").Reply[]} */
  const answer = () => left.splice(0, 18).map((text) => say(text, ...PAYLOADS.slice(left.length, left.length + 3)));
  await withBot(stage.manifest, answer, async () => {
    const actors = await watched(stage);
    const { shop, desk } = actors;
    await shop.chat.open();
    await shop.chat.send("Bot, say what you have");
    for (let turn = 1; left.length > 0; turn += 1) {
      const before = left.length;
      await shop.chat.send(`And more, ${turn}`);
      await eventually(() => left.length < before, { what: "the bot to be asked" });
    }
    await assertAllRead(shop.chat.log, "in the chat");
    await desk.list.getByRole("link").filter({ hasText: "Bot: " }).first().click();
    await assertAllRead(desk.log, "at the desk");
    for (const author of await shop.chat.log.locator(".author bdi").allTextContents()) assert.doesNotMatch(author, FORGED);
    await assertQuiet(stage, actors);
  }, name);
});

test("D33 names, attributes and custom data are text in list, thread and profile, and draw no padlock", async (stage) => {
  const { manifest } = stage;
  // A token with NUL in it is refused.
  const values = packed(PAYLOADS.map((payload) => payload.replaceAll("\u0000", "")), 1_000);
  const keys = PAYLOADS.filter((payload) => payload.length <= 64 && !/\p{Cc}/u.test(payload));
  /** @param {number} index @param {readonly string[]} list */
  const at = (index, list) => /** @type {string} */ (list[index % list.length]);
  /** @type {{id: string, verified: boolean}[]} */
  const people = [];
  for (const [index, name] of NAMES.entries()) {
    const verified = index % 3 !== 2;
    const data = { firstName: name, lastName: at(index * 11, keys), email: at(index, values), address: at(index + 1, values), city: `Nantes ${index}` };
    const claims = claimsOf(`markup-${index}-${at(index * 5, keys)}`, data);
    const option = verified ? { type: /** @type {const} */ ("SECURED_AUTHENTICATION"), token: makeVisitorToken(claims, manifest) } : ANONYMOUS;
    const extId = at(index * 3, keys).slice(0, 50);
    const person = await ApiVisitor.open(manifest, option, verified ? {} : { extId });
    const id = await person.send(at(index * 13, PAYLOADS));
    const customData = {
      cust_name: name.replaceAll("\n", " "),
      cust_email: at(index, values),
      marker: `Marker ${index}`,
      ...Object.fromEntries(Array.from({ length: 8 }, (_, key) => [at(index * 8 + key, keys), at(index + key, values)])),
    };
    assert.deepEqual(await person.post("/custom-data", { customData }), { stored: true });
    people.push({ id, verified });
  }

  const actors = await watched(stage);
  const { shop, desk } = actors;
  await shop.chat.launcher.waitFor();
  const profile = desk.page.getByRole("complementary", { name: "Visitor" });
  const main = desk.page.getByRole("main");
  for (const [index, { id, verified }] of people.entries()) {
    await desk.list.locator(`a[data-conversation="${id}"]`).click();
    await profile.getByText(`Marker ${index}`, { exact: true }).waitFor();
    await profile.getByRole("region", { name: /^From page/ }).waitFor();
    assert.equal(await profile.getByText(`Nantes ${index}`, { exact: true }).count(), verified ? 1 : 0);
    const padlocks = await main.getByRole("img").evaluateAll((all) => all.map((one) => one.getAttribute("aria-label") ?? ""));
    const words = verified ? /^Verified/ : /^Not verified$/;
    assert.ok(padlocks.every((label) => words.test(label)), `${padlocks.join(", ")} for ${NAMES[index]}`);
    for (const shown of [profile.locator("h3 bdi").first(), desk.list.locator(`a[data-conversation="${id}"] .row-name`), desk.log.locator(".run-name").first()]) {
      assert.doesNotMatch(await shown.innerText(), FORGED);
    }
    if (index % 10 === 0) await assertQuiet(stage, actors);
  }
  await assertQuiet(stage, actors);
});
