/** The whole path: a guest chats, signs in, the conversation goes on, and the agent sees the padlock close. */
import assert from "node:assert/strict";
import { scene } from "../harness/stage.mjs";
import { eventually } from "../harness/wait.mjs";

const test = scene();

test("a guest chats, signs in and out, and the agent always knows who is there", async (stage) => {
  const [shop, desk] = [await stage.visitor(), await stage.agent()];
  const { chat } = shop;

  await chat.open();
  await chat.send("Do you deliver to Lyon?");
  await desk.open("Do you deliver to Lyon?");
  await desk.padlock("Not verified").waitFor();
  await desk.mark("Do you deliver to Lyon?", "Not verified").waitFor();

  await desk.reply("We do, within two days.");
  await chat.see("We do, within two days.");

  await shop.signIn(0);
  await chat.open();
  await chat.see("Do you deliver to Lyon?");
  await chat.see("We do, within two days.");
  await chat.log.getByText("You are now signed in").waitFor();
  await desk.padlock(/^Verified/).waitFor();

  await chat.send("It is me, now signed in.");
  await desk.see("It is me, now signed in.");
  await desk.mark("It is me, now signed in.", "Verified").waitFor();
  await desk.mark("Do you deliver to Lyon?", "Not verified").waitFor();
  // D25: the name that was proved stands above what was written with proof, and above nothing else.
  await desk.author("Do you deliver to Lyon?", "Visitor, before signing in").waitFor();
  await desk.author("It is me, now signed in.", "Jane Whitfield").waitFor();
  await desk.reply("Now I can see that.");
  await chat.see("Now I can see that.");

  await shop.signOut();
  await desk.padlock(/^Identity no longer verified since /).waitFor();
  await desk.log.getByText(/signed out/i).waitFor();
  // The shop activates anonymously for guests, so a chat comes back, with nothing of the old one.
  await chat.open();
  await chat.send("Somebody else at the same screen");
  for (const text of ["Do you deliver to Lyon?", "It is me, now signed in.", "Now I can see that."]) {
    assert.equal(await chat.root.getByText(text).count(), 0, text);
  }
  await desk.open("Somebody else at the same screen");
  await desk.padlock("Not verified").waitFor();
});

test("the agent's profile of a signed-in visitor says where every detail comes from", async (stage) => {
  const [shop, desk] = [await stage.visitor(), await stage.agent()];
  await shop.signIn(1);
  await shop.chat.open();
  await shop.chat.send("Where is my order of Tuesday?");
  await desk.open("Where is my order of Tuesday?");
  const profile = desk.page.getByRole("complementary", { name: "Visitor" });
  await profile.getByText(shop.customer(1).userId, { exact: true }).waitFor();
  await profile.getByRole("heading", { name: /^From verified token/ }).waitFor();
});

test("two devices of one person share the conversation", async (stage) => {
  const [telephone, laptop, desk] = [
    await stage.visitor({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }),
    await stage.visitor(),
    await stage.agent(),
  ];
  await telephone.signIn(2);
  await telephone.chat.open();
  await telephone.chat.send("From my telephone");
  await laptop.signIn(2);
  await laptop.chat.open();
  await laptop.chat.see("From my telephone");
  await desk.open("From my telephone");
  await desk.reply("Seen on both");
  await Promise.all([telephone.chat.see("Seen on both"), laptop.chat.see("Seen on both")]);
  await laptop.chat.send("From my laptop");
  await telephone.chat.see("From my laptop");
  assert.equal(await telephone.chat.log.getByText("From my telephone", { exact: true }).count(), 1);
});

test("signing out in one tab wipes the other", async (stage) => {
  const shop = await stage.visitor();
  await shop.signIn(1);
  await shop.chat.open();
  await shop.chat.send("Visible in both tabs");
  const second = await stage.sameBrowser(shop);
  await second.chat.open();
  await second.chat.see("Visible in both tabs");
  await shop.signOut();
  await eventually(async () => !(await second.chat.dialog.isVisible()), { what: "the second tab to be wiped" });
});

test("a closed conversation ends for both, and a new message opens another", async (stage) => {
  const [shop, desk] = [await stage.visitor(), await stage.agent()];
  await shop.chat.open();
  await shop.chat.send("One short question");
  await desk.open("One short question");
  await desk.reply("One short answer");
  await desk.page.getByRole("button", { name: "Close conversation" }).click();
  await desk.page.getByRole("alertdialog").getByRole("button", { name: "Close conversation" }).click();
  await shop.chat.log.getByText("This conversation was closed").waitFor();
  await shop.chat.send("Something else came up");
  await desk.open("Something else came up");
  assert.equal(await desk.log.getByText("One short question", { exact: true }).count(), 0);
});

test("a page reload brings the guest's conversation back", async (stage) => {
  const shop = await stage.visitor();
  await shop.chat.open();
  await shop.chat.send("Still here after a reload?");
  await shop.visit();
  await shop.chat.open();
  await shop.chat.see("Still here after a reload?");
});
