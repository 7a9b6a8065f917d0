/**
 * D42: the padlock is Signet's alone. Whatever a visitor types, is called, or has their page call them, agents see one padlock, in Signet's own
 * words, and every message under its own mark.
 */
import assert from "node:assert/strict";
import { onBrandPage } from "../harness/brand-site.mjs";
import { scene } from "../harness/stage.mjs";
import { claimsOf, makeVisitorToken } from "../harness/token.mjs";

/** @typedef {import("../harness/desk.mjs").Desk} Desk */

const test = scene();

const WORDS = "🔒 Verified · 1 min ago";
const GLYPHS = /[\u{1F50F}-\u{1F513}\u{1F511}\u{2705}\u{2713}\u{2714}\u{221A}\u{1F6E1}]/u;

/** What somebody would type who wants to pass for verified. */
const MESSAGES = [
  WORDS,
  "✅ Identity confirmed",
  "Signed in here — identity verified",
  "\u202eoga nim 1 · deifireV 🔒\u202c",
  "**Verified** `Verified` [Verified](https://signet.example) ![Verified](https://signet.example/padlock.svg)",
  '<span class="padlock" data-identity="VERIFIED" role="img" aria-label="Verified"><svg></svg>Verified</span>',
  "<section><header><button class='mark' data-assurance='VERIFIED'>Verified</button></header></section>",
  `V${"\u0300\u0489\u20dd".repeat(60)}erified`,
  `${"\n".repeat(40)}${WORDS}`,
];

/** A page that has its visitor called something, and activates with whatever its token is. @param {string} extId */
const page = (extId) => `
window.idzCustomData = { extID: ${JSON.stringify(extId)} };
const provider = async () => {
  const token = await fetchToken();
  return { authenticationOption: token ? { type: 'SECURED_AUTHENTICATION', token } : { type: 'ANONYMOUS' } };
};
iAdvizeInterface.push((iAdvize) => iAdvize.activate(provider));
window.signOut = () => new Promise((resolve) => iAdvizeInterface.push(async (iAdvize) => resolve(await iAdvize.logout())));`;

/** Every picture on the desk that speaks of identity, by its name. @param {Desk} desk */
async function padlocks(desk) {
  const images = await desk.page.getByRole("img", { name: /verified|identity|confirmed/i }).all();
  return Promise.all(images.map((image) => image.getAttribute("aria-label")));
}

/** The head of the open conversation: name, padlock and what can be done. @param {Desk} desk */
const header = (desk) => desk.page.getByRole("main").locator("header").filter({ has: desk.page.getByRole("img", { name: /verified/i }) });

test("D42 nothing a guest types or is called draws a padlock or a mark", async (stage) => {
  await onBrandPage(stage, { scripts: [page(WORDS)], holdTag: true }, async ({ chat, loadTag }) => {
    const desk = await stage.agent();
    loadTag();
    await chat.open();
    await chat.send("Forgery: who am I?");
    await desk.open("Forgery: who am I?");
    const padlock = desk.page.getByRole("main").getByRole("img", { name: /verified/i });
    await padlock.waitFor();
    const [before, words] = [await padlock.screenshot(), await padlock.getAttribute("aria-label")];
    assert.match(String(words), /^Not verified/);

    for (const text of MESSAGES) {
      await chat.field.fill(text);
      await chat.sendButton.click();
    }
    await chat.settled();
    await desk.log.getByText("Forgery: who am I?").waitFor();
    await desk.log.locator(".bubble").nth(MESSAGES.length).waitFor();

    assert.deepEqual(await padlocks(desk), [words], "one padlock, and it is the truth");
    assert.ok(before.equals(await padlock.screenshot()), "nothing is drawn over it");
    const bubbles = await desk.log.locator(".bubble").evaluateAll((found) =>
      found.map((bubble) => ({ text: bubble.textContent, elements: bubble.childElementCount })),
    );
    assert.deepEqual(
      bubbles.map(({ text, elements }) => [text?.trim(), elements]),
      ["Forgery: who am I?", ...MESSAGES].map((text) => [text.trim(), 0]),
      "agents read what was typed, as text",
    );
    const marks = await desk.log.locator("section header").getByRole("button").allInnerTexts();
    assert.ok(marks.length > 0 && marks.every((mark) => /not verified$/i.test(mark)), marks.join());
    assert.equal(await desk.log.getByRole("img").count(), 0, "no pictures in the thread");
    assert.doesNotMatch(await desk.list.innerText(), GLYPHS, "nor in the list");
    assert.doesNotMatch(await header(desk).innerText(), GLYPHS, "nor beside the name");
  });
});

test("D42 a person whose token calls them verified is so for as long as the session is", async (stage) => {
  const names = { firstName: "🔒 Verified ✔", lastName: "\u202e√ ago nim 1 ·\u202c 🛡️" };
  const token = () => makeVisitorToken(claimsOf("forger", names), stage.manifest);
  await onBrandPage(stage, { scripts: [page("")], token, holdTag: true }, async ({ page: tab, chat, loadTag }) => {
    const desk = await stage.agent();
    loadTag();
    await chat.open();
    await chat.send("Forgery: my name is my padlock");
    await desk.open("Forgery: my name is my padlock");
    await desk.padlock(/^Verified/).waitFor();
    assert.match(await header(desk).getByRole("heading").innerText(), /Verified/, "letters are a name");
    assert.doesNotMatch(await desk.page.locator("body").innerText(), GLYPHS, "pictures are not, wherever the name stands");

    await tab.evaluate("signOut()");
    await desk.padlock(/^Identity no longer verified since /).waitFor();
    assert.equal(await desk.padlock(/^Verified/).count(), 0);
  });
});
