/**
 * Cases of PRODUCT.md section 7 that depend on who comes, where and when: other devices, two conversations at once,
 * somebody else at the same screen, several tabs. Both sides of each, the visitor's and the agent's.
 */
import assert from "node:assert/strict";
import { onSinglePageSite } from "../harness/brand-site.mjs";
import { scene } from "../harness/stage.mjs";
import { findSecrets, readPage } from "../harness/traces.mjs";
import { eventually } from "../harness/wait.mjs";

/** @typedef {import("../harness/desk.mjs").Desk} Desk */
/** @typedef {import("../harness/widget.mjs").Widget} Widget */

const test = scene();

/**
 * Fails unless each text stands in the log once, in this order.
 * @param {Widget | Desk} side
 * @param {string[]} texts
 */
async function assertThread(side, texts) {
  for (const text of texts) await side.see(text);
  const log = await side.log.innerText();
  const places = texts.map((text) => [log.indexOf(text), log.lastIndexOf(text)]);
  assert.deepEqual(places.map(([first, last]) => first === last), texts.map(() => true), `each of them once in\n${log}`);
  const order = places.map(([first]) => first);
  assert.deepEqual(order, order.toSorted((a = 0, b = 0) => a - b), `in this order in\n${log}`);
}

/**
 * Waits until the text box has this text.
 * @param {Widget} chat
 * @param {string} text
 */
async function draftOf(chat, text) {
  await eventually(async () => (await chat.field.inputValue()) === text, { what: `the draft to be "${text}"` });
}

test("case 2: the conversation of another device is there after signing in, and the visitor is back", async (stage) => {
  await onSinglePageSite(stage, async ({ device }) => {
    const [laptop, desk] = [await (await device()).tab(), await stage.agent()];
    await laptop.signIn("continuity-2");
    await laptop.chat.open();
    await laptop.chat.send("Case 2 from the laptop");
    await desk.open("Case 2 from the laptop");
    await desk.reply("Case 2 answer");
    await laptop.chat.see("Case 2 answer");
    await laptop.signOut();
    await desk.padlock(/^Identity no longer verified since /).waitFor();

    const telephone = await (await device()).tab();
    await telephone.signIn("continuity-2");
    await telephone.chat.open();
    await assertThread(telephone.chat, ["Case 2 from the laptop", "Case 2 answer"]);
    await desk.padlock(/^Verified/).waitFor();
    await desk.see("Visitor is back");
    await telephone.chat.send("Case 2 from the telephone");
    await assertThread(desk, ["Case 2 from the laptop", "Case 2 answer", "Case 2 from the telephone"]);
    await desk.mark("Case 2 from the telephone", "Verified").waitFor();
  });
});

test("case 3: with both under way the verified one goes on, and each links to the other on the desk", async (stage) => {
  await onSinglePageSite(stage, async ({ device }) => {
    const [laptop, desk] = [await (await device()).tab(), await stage.agent()];
    await laptop.signIn("continuity-3");
    await laptop.chat.open();
    await laptop.chat.send("Case 3 verified");

    const telephone = await (await device()).tab();
    await telephone.chat.open();
    await telephone.chat.send("Case 3 anonymous");
    await desk.open("Case 3 anonymous");
    await desk.reply("Case 3 answer to a guest");
    await telephone.chat.see("Case 3 answer to a guest");

    await telephone.signIn("continuity-3");
    await telephone.chat.open();
    await telephone.chat.see("Case 3 verified");
    await telephone.chat.log.getByText("What you wrote before signing in was kept as a separate conversation.").waitFor();
    for (const text of ["Case 3 anonymous", "Case 3 answer to a guest"]) {
      assert.equal(await telephone.chat.root.getByText(text).count(), 0, `${text} left the view`);
    }

    // The agent has the anonymous one open: it is closed, says why, and leads to where the visitor went on.
    const main = desk.page.getByRole("main");
    await desk.log.getByText("Continued in a verified conversation").waitFor();
    await desk.padlock("Not verified").waitFor();
    assert.equal(await desk.field.isVisible(), false, "nobody can answer there");
    await main.getByRole("link", { name: "Go there" }).click();
    await desk.see("Case 3 verified");
    await desk.padlock(/^Verified/).waitFor();
    assert.equal(await desk.log.getByText("Case 3 anonymous").count(), 0, "never merged silently");
    await telephone.chat.send("Case 3 goes on");
    await assertThread(desk, ["Case 3 verified", "Case 3 goes on"]);
    await laptop.chat.see("Case 3 goes on");

    await desk.log.getByText("Goes on from an anonymous conversation").waitFor();
    await desk.log.getByRole("link", { name: "Open it" }).click();
    await assertThread(desk, ["Case 3 anonymous", "Case 3 answer to a guest"]);
    await desk.mark("Case 3 anonymous", "Not verified").waitFor();
  });
});

test("case 3: the visitor may add what they wrote before; it comes once, marked, and only theirs", async (stage) => {
  await onSinglePageSite(stage, async ({ device }) => {
    const [laptop, desk] = [await (await device()).tab(), await stage.agent()];
    await laptop.signIn("continuity-3-adds");
    await laptop.chat.open();
    await laptop.chat.send("Case 3 adds: verified");

    const telephone = await (await device()).tab();
    await telephone.chat.open();
    await telephone.chat.send("Case 3 adds: first as a guest");
    await telephone.chat.send("Case 3 adds: second as a guest");
    await desk.open("Case 3 adds: second as a guest");
    await desk.reply("Case 3 adds: answer to a guest");
    await telephone.chat.see("Case 3 adds: answer to a guest");
    await telephone.signIn("continuity-3-adds");
    await telephone.chat.open();
    const { root, log } = telephone.chat;
    await root.getByRole("button", { name: "Keep them separate" }).waitFor();
    assert.equal(await log.getByText("Case 3 adds: first as a guest").count(), 0, "nothing is added unasked");
    await root.getByRole("button", { name: "Add my earlier messages" }).click();
    await log.getByText("You added what you wrote before signing in").waitFor();
    await assertThread(telephone.chat, ["Case 3 adds: verified", "Case 3 adds: first as a guest", "Case 3 adds: second as a guest"]);
    await log.getByText("Written before you signed in").waitFor();
    assert.equal(await root.getByRole("button", { name: "Add my earlier messages" }).count(), 0, "the offer is taken");
    assert.equal(await log.getByText("Case 3 adds: answer to a guest").count(), 0, "the visitor's own words only");
    await laptop.chat.see("Case 3 adds: second as a guest");

    await desk.open("Case 3 adds: second as a guest");
    await desk.log.getByText(/Visitor added what they wrote before signing in/).waitFor();
    await assertThread(desk, ["Case 3 adds: verified", "Case 3 adds: first as a guest", "Case 3 adds: second as a guest"]);
    await desk.mark("Case 3 adds: second as a guest", "Not verified").waitFor();
    await telephone.chat.send("Case 3 adds: and on");
    await desk.mark("Case 3 adds: and on", "Verified").waitFor();
    await desk.log.getByText("Copied", { exact: true }).waitFor();
    await desk.log.getByRole("link", { name: "Open it" }).last().click();
    await assertThread(desk, ["Case 3 adds: first as a guest", "Case 3 adds: second as a guest", "Case 3 adds: answer to a guest"]);
  });
});

test("case 3: the visitor may leave it at that", async (stage) => {
  await onSinglePageSite(stage, async ({ device }) => {
    const laptop = await (await device()).tab();
    await laptop.signIn("continuity-3-keeps");
    await laptop.chat.open();
    await laptop.chat.send("Case 3 keeps: verified");
    const telephone = await (await device()).tab();
    await telephone.chat.open();
    await telephone.chat.send("Case 3 keeps: as a guest");
    await telephone.signIn("continuity-3-keeps");
    await telephone.chat.open();
    await telephone.chat.root.getByRole("button", { name: "Keep them separate" }).click();
    await telephone.chat.send("Case 3 keeps: on");
    await laptop.chat.see("Case 3 keeps: on");
    for (const { chat } of [laptop, telephone]) assert.equal(await chat.root.getByText("Case 3 keeps: as a guest").count(), 0);
  });
});

test("case 3: the offer outlives the page, and its answer too", async (stage) => {
  await onSinglePageSite(stage, async ({ device }) => {
    const laptop = await (await device()).tab();
    await laptop.signIn("continuity-3-reloads");
    await laptop.chat.open();
    await laptop.chat.send("Case 3 reloads: verified");
    const ADD = "Add my earlier messages";
    /** @param {string} text what a guest writes before they sign in on a browser of their own */
    const setAside = async (text) => {
      const tab = await (await device()).tab();
      await tab.chat.open();
      await tab.chat.send(text);
      await tab.signIn("continuity-3-reloads");
      await tab.reload();
      await tab.chat.open();
      await tab.chat.root.getByRole("button", { name: ADD }).waitFor();
      return tab;
    };

    const telephone = await setAside("Case 3 reloads: on the telephone");
    await telephone.chat.root.getByRole("button", { name: ADD }).click();
    await assertThread(telephone.chat, ["Case 3 reloads: verified", "Case 3 reloads: on the telephone"]);
    await telephone.reload();
    await telephone.chat.open();
    await assertThread(telephone.chat, ["Case 3 reloads: verified", "Case 3 reloads: on the telephone"]);
    assert.equal(await telephone.chat.root.getByRole("button", { name: ADD }).count(), 0, "the offer was taken");

    const tablet = await setAside("Case 3 reloads: on the tablet");
    // The person's other browser offers it as well, until one of them has answered.
    await laptop.reload();
    await laptop.chat.open();
    await laptop.chat.root.getByRole("button", { name: ADD }).waitFor();
    const answered = tablet.page.waitForResponse((response) => response.url().endsWith("/earlier-messages"));
    await tablet.chat.root.getByRole("button", { name: "Keep them separate" }).click();
    assert.equal((await answered).status(), 200);
    for (const tab of [tablet, laptop]) {
      await tab.reload();
      await tab.chat.open();
      await assertThread(tab.chat, ["Case 3 reloads: verified", "Case 3 reloads: on the telephone"]);
      assert.equal(await tab.chat.root.getByRole("button", { name: ADD }).count(), 0, "the offer was declined");
      assert.equal(await tab.chat.root.getByText("Case 3 reloads: on the tablet").count(), 0);
    }
  });
});

test("case 6: the same person signs in again and finds the conversation as it was", async (stage) => {
  await onSinglePageSite(stage, async ({ device }) => {
    const [tab, desk] = [await (await device()).tab(), await stage.agent()];
    await tab.signIn("continuity-6");
    await tab.chat.open();
    await tab.chat.send("Case 6 before");
    await desk.open("Case 6 before");
    await tab.signOut();
    await desk.see("Visitor signed out");
    await desk.padlock(/^Identity no longer verified since /).waitFor();
    await desk.reply("Case 6 written meanwhile");
    assert.equal(await tab.page.getByText("Case 6").count(), 0);

    await tab.signIn("continuity-6");
    await tab.chat.open();
    await assertThread(tab.chat, ["Case 6 before", "Case 6 written meanwhile"]);
    await tab.chat.send("Case 6 after");
    await assertThread(desk, ["Case 6 before", "Case 6 written meanwhile", "Case 6 after"]);
    await desk.see("Visitor is back");
    await desk.padlock(/^Verified/).waitFor();
  });
});

test("case 7: another person on this browser gets their own conversation and nothing of the first", async (stage) => {
  const secrets = ["canary-guest-31c0", "canary-first-8e52", "canary-answer-b7d9", "continuity-7-first"];
  const [guest, first, answer] = /** @type {[string, string, string]} */ (secrets);
  await onSinglePageSite(stage, async ({ device }) => {
    const [home, shared, desk] = [await (await device()).tab(), await device(), await stage.agent()];
    await home.signIn("continuity-7-second");
    await home.chat.open();
    await home.chat.send("Written at home");

    const tab = await shared.tab();
    await tab.chat.open();
    await tab.chat.send(guest);
    await tab.signIn("continuity-7-first");
    await tab.chat.send(first);
    await desk.open(first);
    await desk.reply(answer);
    await tab.chat.see(answer);

    // No sign-out between: the brand names somebody else from the next page on.
    shared.userId = "continuity-7-second";
    await tab.reload();
    await tab.chat.open();
    await tab.chat.see("Written at home");
    await tab.chat.send("Written at the shared screen");
    assert.deepEqual(findSecrets(await readPage(tab.page), secrets), []);
    await home.chat.see("Written at the shared screen");

    await assertThread(desk, [guest, first, answer]);
    assert.equal(await desk.log.getByText("Written at the shared screen").count(), 0, "nothing crosses");
    await desk.open("Written at the shared screen");
    await assertThread(desk, ["Written at home", "Written at the shared screen"]);
    for (const text of [guest, first, answer]) assert.equal(await desk.log.getByText(text).count(), 0, text);

    // The first one's own device still has what is theirs, whole.
    const own = await (await device()).tab();
    await own.signIn("continuity-7-first");
    await own.chat.open();
    await assertThread(own.chat, [guest, first, answer]);
  });
});

test("case 7: after a sign-out, a guest's new conversation becomes the next person's and never the last one's", async (stage) => {
  await onSinglePageSite(stage, async ({ device }) => {
    const [tab, desk] = [await (await device()).tab(), await stage.agent()];
    await tab.signIn("continuity-7-left");
    await tab.chat.open();
    await tab.chat.send("Case 7 of the person who left");
    await tab.signOut();
    await tab.goOnAsGuest();
    await tab.chat.open();
    await tab.chat.send("Case 7 of a guest");
    await tab.signIn("continuity-7-next");
    await tab.chat.log.getByText("You are now signed in").waitFor();
    await tab.chat.send("Case 7 of the next person");
    assert.equal(await tab.chat.root.getByText("Case 7 of the person who left").count(), 0);

    await desk.open("Case 7 of the next person");
    await assertThread(desk, ["Case 7 of a guest", "Case 7 of the next person"]);
    await desk.mark("Case 7 of a guest", "Not verified").waitFor();
    await desk.open("Case 7 of the person who left");
    await desk.padlock(/^Identity no longer verified since /).waitFor();
    assert.equal(await desk.log.getByText("Case 7 of the next person").count(), 0);
  });
});

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

test("case 11: a conversation that was closed before signing in stays behind", async (stage) => {
  await onSinglePageSite(stage, async ({ device }) => {
    const [tab, desk] = [await (await device()).tab(), await stage.agent()];
    await tab.chat.open();
    await tab.chat.send("Case 11 closed");
    await desk.open("Case 11 closed");
    await desk.close();
    await tab.chat.log.getByText("This conversation was closed").waitFor();
    await tab.signIn("continuity-11");
    await tab.chat.open();
    await tab.chat.send("Case 11 verified");
    await desk.open("Case 11 verified");
    assert.equal(await desk.log.getByText("Case 11 closed").count(), 0);
    await tab.reload();
    await tab.chat.open();
    await tab.chat.see("Case 11 verified");
    assert.equal(await tab.chat.root.getByText("Case 11 closed").count(), 0);
    const profile = desk.page.getByRole("complementary", { name: "Visitor" });
    await profile.getByText("continuity-11", { exact: true }).waitFor();
  });
});

test("case 12: signing in on another of the brand's origins brings the conversation there", async (stage) => {
  await onSinglePageSite(stage, async (shop) => {
    await onSinglePageSite(stage, async (bank) => {
      const desk = await stage.agent();
      const first = await shop.device();
      const there = await first.tab();
      await there.signIn("continuity-12");
      await there.chat.open();
      await there.chat.send("Case 12 at the shop");
      const here = await (await bank.device(first)).tab();
      await here.chat.open();
      await here.chat.see("Case 12 at the shop");
      await here.chat.send("Case 12 at the bank");
      await there.chat.see("Case 12 at the bank");
      await desk.open("Case 12 at the bank");
      await assertThread(desk, ["Case 12 at the shop", "Case 12 at the bank"]);
    });
  });
});
