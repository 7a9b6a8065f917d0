/**
 * Cases of PRODUCT.md section 7 that depend on who comes, where and when: other devices, two conversations at once,
 * somebody else at the same screen. Both sides of each, the visitor's and the agent's. Tabs and devices are in `continuity-tabs.test.mjs`.
 */
import assert from "node:assert/strict";
import { onSinglePageSite } from "../harness/brand-site.mjs";
import { scene } from "../harness/stage.mjs";
import { assertThread } from "../harness/thread.mjs";
import { findSecrets, readPage } from "../harness/traces.mjs";

const test = scene();

test("case 1: a guest's conversation goes on as the person's, below what was closed before, and the agent sees whose it is", async (stage) => {
  await onSinglePageSite(stage, async ({ device }) => {
    const [laptop, telephone, desk] = [await device(), await device(), await stage.agent()];
    const before = await laptop.tab();
    await before.signIn("continuity-1");
    await before.chat.open();
    await before.chat.send("Case 1 of last week");
    await desk.open("Case 1 of last week");
    await desk.reply("Case 1 answer of last week");
    await before.chat.see("Case 1 answer of last week");
    await desk.close();
    await before.signOut();

    const tab = await telephone.tab();
    await tab.chat.open();
    await tab.chat.send("Case 1 as a guest");
    await desk.open("Case 1 as a guest");
    await desk.padlock("Not verified").waitFor();
    await desk.reply("Case 1 answer to a guest");
    await tab.chat.see("Case 1 answer to a guest");
    const profile = desk.page.getByRole("complementary", { name: "Visitor" });
    await profile.getByText("Not signed in", { exact: true }).waitFor();

    telephone.visitorData = { firstName: "Ines", lastName: "Costa", city: "Nantes" };
    await tab.signIn("continuity-1");
    await tab.chat.log.getByText("You are now signed in").waitFor();
    await tab.chat.see("Messages above were written before you signed in");
    await tab.chat.send("Case 1 as myself");
    const guests = ["Case 1 as a guest", "Case 1 answer to a guest"];
    await assertThread(tab.chat, ["Case 1 of last week", "Case 1 answer of last week", ...guests, "Messages above were written before you signed in", "Case 1 as myself"]);

    await desk.padlock(/^Verified/).waitFor();
    await assertThread(desk, [...guests, "Signed in here — identity verified", "Case 1 as myself"]);
    await desk.mark("Case 1 as a guest", "Not verified").waitFor();
    await desk.author("Case 1 as a guest", "Visitor, before signing in").waitFor();
    await desk.mark("Case 1 as myself", "Verified").waitFor();
    await desk.author("Case 1 as myself", "Ines Costa").waitFor();
    const token = profile.getByRole("region", { name: /^From verified token/ });
    for (const word of ["Ines", "Costa", "Nantes"]) await token.getByText(word, { exact: true }).waitFor();
    await profile.getByText("continuity-1", { exact: true }).waitFor();
    assert.equal(await desk.log.getByText("Case 1 of last week").count(), 0, "what was closed is a conversation of its own");
    await profile.getByRole("link").filter({ hasText: "Closed" }).waitFor();
  });
});

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

test("case 5: signing out hides and wipes the chat in every tab; the conversation stays, the padlock opens, the next guest has nothing of it", async (stage) => {
  await onSinglePageSite(stage, async ({ device }) => {
    const [browser, desk] = [await device(), await stage.agent()];
    const left = await browser.tab();
    await left.signIn("continuity-5");
    const right = await browser.tab();
    await left.chat.open();
    await right.chat.open();
    await left.chat.send("Case 5 private");
    await right.chat.see("Case 5 private");
    await desk.open("Case 5 private");
    await desk.reply("Case 5 answer");
    await right.chat.see("Case 5 answer");
    await right.chat.field.fill("Case 5 half written");

    await left.signOut();
    const secrets = ["Case 5 private", "Case 5 answer", "Case 5 half written", "continuity-5"];
    for (const tab of [left, right]) {
      await tab.page.locator("iframe").waitFor({ state: "detached" });
      assert.deepEqual(findSecrets(await readPage(tab.page), secrets), []);
      assert.equal((await tab.told("authentication:logout")).length, 1, "the page is told");
    }
    await desk.see("Visitor signed out");
    await desk.padlock(/^Identity no longer verified since \d\d:\d\d$/).waitFor();
    assert.equal(await desk.field.isEditable(), true, "it stays open until an agent closes it");
    await desk.reply("Case 5 are you still there?");

    await right.goOnAsGuest();
    await right.chat.open();
    await right.chat.send("Case 5 somebody at the same screen");
    assert.deepEqual(findSecrets(await readPage(right.page), [...secrets, "Case 5 are you still there?"]), []);
    await desk.open("Case 5 somebody at the same screen");
    await desk.padlock("Not verified").waitFor();
    assert.equal(await desk.log.getByText("Case 5 private").count(), 0);
    const profile = desk.page.getByRole("complementary", { name: "Visitor" });
    await profile.getByText("This is the first.", { exact: true }).waitFor();
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
