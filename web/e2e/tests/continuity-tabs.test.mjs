/** Cases 8 and 9 of PRODUCT.md section 7: several tabs and several devices of one visitor, all of them live. Both sides of each. */
import assert from "node:assert/strict";
import { onSinglePageSite } from "../harness/brand-site.mjs";
import { scene } from "../harness/stage.mjs";
import { assertThread } from "../harness/thread.mjs";
import { findSecrets, readPage } from "../harness/traces.mjs";
import { eventually } from "../harness/wait.mjs";

/** @typedef {import("../harness/widget.mjs").Widget} Widget */

const test = scene();

/**
 * Waits until the text box has this text.
 * @param {Widget} chat
 * @param {string} text
 */
async function draftOf(chat, text) {
  await eventually(async () => (await chat.field.inputValue()) === text, { what: `the draft to be "${text}"` });
}

test("case 8: two tabs live, one visitor; a sign-out in one wipes the other within a second", async (stage) => {
  await onSinglePageSite(stage, async ({ device }) => {
    const [browser, desk] = [await device(), await stage.agent()];
    const left = await browser.tab();
    await left.signIn("continuity-8");
    const right = await browser.tab();
    await left.chat.open();
    await right.chat.open();
    await left.chat.send("Case 8 from the left");
    await right.chat.see("Case 8 from the left");
    await right.chat.send("Case 8 from the right");
    await desk.open("Case 8 from the right");
    await desk.reply("Case 8 to both");
    const texts = ["Case 8 from the left", "Case 8 from the right", "Case 8 to both"];
    for (const side of [left.chat, right.chat, desk]) await assertThread(side, texts);
    for (const { page } of [left, right]) {
      await eventually(async () => (await page.evaluate("iAdvizeInterface.get('conversation:unreadCount')")) === 0, { what: "both to have it read" });
    }

    const start = await left.signOut();
    // The wipe itself, which waits for no answer of the server.
    const wiped = await eventually(async () => (await right.told("visitor:assuranceChange")).find(({ value }) => value === null), {
      what: "the other tab to be wiped",
    });
    const took = wiped.at - start;
    assert.ok(took <= 1_000, `the other tab was wiped after ${took} ms`);
    for (const tab of [left, right]) {
      await tab.page.locator("iframe").waitFor({ state: "detached" });
      assert.deepEqual(findSecrets(await readPage(tab.page), texts), []);
    }
    await desk.see("Visitor signed out");
    await desk.padlock(/^Identity no longer verified since /).waitFor();
  });
});

test("case 9: two devices show the same messages, share what was read, and sign out each for itself", async (stage) => {
  await onSinglePageSite(stage, async ({ device }) => {
    const [telephone, laptop, desk] = [await (await device()).tab(), await (await device()).tab(), await stage.agent()];
    for (const tab of [telephone, laptop]) await tab.signIn("continuity-9");
    await telephone.chat.open();
    // Both write at once.
    await laptop.chat.open();
    await Promise.all([telephone.chat.send("Case 9 from the telephone"), laptop.chat.send("Case 9 from the laptop")]);
    await Promise.all([telephone.chat.see("Case 9 from the laptop"), laptop.chat.see("Case 9 from the telephone")]);
    await laptop.chat.root.getByRole("button", { name: "Close chat" }).click();
    await telephone.chat.root.getByRole("button", { name: "Close chat" }).click();

    await desk.list.getByRole("link").filter({ hasText: "Case 9 from the" }).click();
    await desk.reply("Case 9 for both");
    const unread = (/** @type {import("playwright-core").Page} */ page) => page.evaluate("iAdvizeInterface.get('conversation:unreadCount')");
    for (const { page } of [telephone, laptop]) await eventually(async () => (await unread(page)) === 1, { what: "one unread message" });
    await telephone.chat.open();
    await telephone.chat.see("Case 9 for both");
    await eventually(async () => (await unread(laptop.page)) === 0, { what: "the laptop to know it was read" });

    await laptop.chat.open();
    const order = (await desk.log.innerText()).match(/Case 9 from the \w+/g) ?? [];
    assert.equal(order.length, 2, "one visitor, one conversation");
    for (const side of [telephone.chat, laptop.chat, desk]) await assertThread(side, [...order, "Case 9 for both"]);

    await telephone.signOut();
    await telephone.page.locator("iframe").waitFor({ state: "detached" });
    await laptop.chat.send("Case 9 the laptop stays");
    await desk.see("Case 9 the laptop stays");
    await desk.mark("Case 9 the laptop stays", "Verified").waitFor();
    await desk.padlock(/^Verified/).waitFor();
  });
});

test("case 8: what is being written is the same in every tab of the person, and of nobody else", async (stage) => {
  await onSinglePageSite(stage, async ({ device }) => {
    const browser = await device();
    const left = await browser.tab();
    await left.signIn("continuity-8-writer");
    const right = await browser.tab();
    await left.chat.open();
    await right.chat.open();
    await left.chat.field.fill("Half a sen");
    await draftOf(right.chat, "Half a sen");
    await right.chat.field.fill("Half a sentence");
    await draftOf(left.chat, "Half a sentence");
    const late = await browser.tab();
    await late.chat.open();
    await draftOf(late.chat, "Half a sentence");

    browser.userId = "continuity-8-other";
    await late.reload();
    await late.chat.open();
    await late.chat.send("Somebody else writes");
    await late.chat.field.fill("Of somebody else");
    await right.chat.sendButton.click();
    await left.chat.see("Half a sentence");
    await draftOf(left.chat, "");
    await draftOf(late.chat, "Of somebody else");
    assert.deepEqual(findSecrets(await readPage(late.page), ["Half a sen"]), []);
    assert.deepEqual(findSecrets(await readPage(left.page), ["Of somebody else"]), []);
  });
});

test("case 8: a guest who signs in in one tab is signed in in the other, by that tab's own provider and after a wipe", async (stage) => {
  await onSinglePageSite(stage, async ({ device }) => {
    const browser = await device();
    const [left, right] = [await browser.tab(), await browser.tab()];
    await left.chat.open();
    await left.chat.send("Case 8 as a guest");
    await right.chat.open();
    await right.chat.see("Case 8 as a guest");
    await left.signIn("continuity-8-later");
    await left.chat.send("Case 8 signed in");
    // Nobody touches the other tab: it hears that the guest is gone, and asks its page who is there.
    const assurances = async () => (await right.told("visitor:assuranceChange")).map(({ value }) => value);
    await eventually(async () => (await assurances()).at(-1) === "VERIFIED", { what: "the other tab to follow" });
    assert.deepEqual(await assurances(), ["ANONYMOUS", null, "VERIFIED"], "wiped before");
    assert.equal((await right.told("authentication:logout")).length, 0, "nobody signed out");
    await right.chat.open();
    await right.chat.root.getByText("You are chatting as", { exact: false }).or(right.chat.root.getByText("Signed in", { exact: true })).first().waitFor();
    await assertThread(right.chat, ["Case 8 as a guest", "Case 8 signed in"]);
    await left.chat.see("Case 8 signed in");
  });
});

test("case 8: a guest's other tab whose page knows nobody closes the chat", async (stage) => {
  await onSinglePageSite(stage, async ({ device }) => {
    const browser = await device();
    const [left, right] = [await browser.tab(), await browser.tab()];
    await left.chat.open();
    await left.chat.send("Case 8 of a guest who leaves");
    await right.chat.open();
    await right.chat.see("Case 8 of a guest who leaves");
    // The other tab's page goes on saying "a guest", as a page does that was drawn before the sign-in.
    await right.page.route("**/token", (route) => route.fulfill({ body: "" }));
    await left.signIn("continuity-8-alone");
    await right.page.locator("iframe").waitFor({ state: "detached" });
    assert.deepEqual(findSecrets(await readPage(right.page), ["Case 8 of a guest who leaves"]), []);
    await left.chat.send("Case 8 goes on alone");
  });
});
