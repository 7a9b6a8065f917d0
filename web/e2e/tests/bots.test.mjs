/**
 * Case 10 of PRODUCT.md section 7: the visitor signs in while a bot answers. It goes on as in cases 1 to 3, and the bot is told how sure
 * Signet is now. Both sides of each, and what the bot heard.
 */
import assert from "node:assert/strict";
import { say, withBot } from "../harness/bot.mjs";
import { onSinglePageSite } from "../harness/brand-site.mjs";
import { scene } from "../harness/stage.mjs";

const test = scene();

/** A bot that tells its secrets to nobody but a verified visitor. @type {(told: import("../harness/bot.mjs").Told) => import("../harness/bot.mjs").Reply[]} */
const discreet = ({ about, text, assurance, visitor }) => {
  if (about === "conversations") return [say(`Hello. I am a program, and heard: ${text}`)];
  if (about === "visitor") return visitor.assurance === "VERIFIED" ? [say("Thank you, now I know that it is you")] : [];
  return [say(assurance === "VERIFIED" ? `For you alone, about: ${text}` : `Please sign in first, about: ${text}`)];
};

test("case 10: a guest whom a bot answers signs in, the bot is told, and answers go on", async (stage) => {
  await withBot(stage.manifest, discreet, async ({ told, heard }) => {
    await onSinglePageSite(stage, async ({ device }) => {
      const [tab, desk] = [await (await device()).tab(), await stage.agent()];
      const { chat } = tab;
      await chat.open();
      await chat.send("Case 10 as a guest");
      await chat.see("Ada, an automatic assistant, answers");
      await chat.see("Hello. I am a program, and heard: Case 10 as a guest");
      await chat.log.getByText("Automatic assistant", { exact: true }).waitFor();
      await chat.send("Case 10 my order");
      await chat.see("Please sign in first, about: Case 10 my order");

      await desk.open("Please sign in first, about: Case 10 my order");
      await desk.padlock("Not verified").waitFor();
      await desk.page.getByRole("main").getByText("Answered by a bot").waitFor();
      await desk.author("Please sign in first, about: Case 10 my order", "Ada").waitFor();
      await desk.author("Please sign in first, about: Case 10 my order", "Bot").waitFor();

      await tab.signIn("case-10");
      const news = await heard(({ about }) => about === "visitor", "who the visitor is");
      assert.equal(news.visitor.assurance, "VERIFIED");
      assert.ok(Date.now() - Date.parse(String(news.visitor.verifiedAt)) < 60_000);
      await chat.log.getByText("You are now signed in").waitFor();
      await chat.see("Thank you, now I know that it is you");
      await desk.padlock(/^Verified/).waitFor();
      await desk.see("Signed in here — identity verified");

      await chat.send("Case 10 my order again");
      await chat.see("For you alone, about: Case 10 my order again");
      await desk.see("For you alone, about: Case 10 my order again");
      await desk.mark("Case 10 my order", "Not verified").waitFor();
      await desk.mark("Case 10 my order again", "Verified").waitFor();
      assert.deepEqual(
        told.map(({ about, assurance, visitor }) => [about, assurance, visitor.assurance]),
        [
          ["conversations", "ANONYMOUS", "ANONYMOUS"],
          ["messages", "ANONYMOUS", "ANONYMOUS"],
          ["visitor", null, "VERIFIED"],
          ["messages", "VERIFIED", "VERIFIED"],
        ],
      );

      await tab.signOut();
      const gone = await heard(({ visitor }) => visitor.lapseReason === "SIGNED_OUT", "that the visitor signed out");
      assert.deepEqual([gone.visitor.assurance, gone.visitor.verifiedAt], ["ANONYMOUS", null]);
      await desk.padlock(/^Identity no longer verified since /).waitFor();
      assert.equal(await tab.page.getByText("For you alone").count(), 0, "nothing of it is left on the page");
    });
  });
});

test("case 10: on another device, and with a guest's conversation beside it, the person's own goes on with its bot", async (stage) => {
  await withBot(stage.manifest, discreet, async ({ told, heard }) => {
    await onSinglePageSite(stage, async ({ device }) => {
      const [laptop, desk] = [await (await device()).tab(), await stage.agent()];
      await laptop.signIn("case-10-devices");
      await laptop.chat.open();
      await laptop.chat.send("Case 10 from the laptop");
      await laptop.chat.see("Hello. I am a program, and heard: Case 10 from the laptop");
      await laptop.signOut();
      await heard(({ visitor }) => visitor.lapseReason === "SIGNED_OUT", "that the visitor signed out");

      const telephone = await (await device()).tab();
      await telephone.chat.open();
      await telephone.chat.send("Case 10 as a guest on the telephone");
      await telephone.chat.see("Hello. I am a program, and heard: Case 10 as a guest on the telephone");
      await telephone.signIn("case-10-devices");
      await telephone.chat.open();
      await telephone.chat.see("Case 10 from the laptop");
      await telephone.chat.see("Thank you, now I know that it is you");
      await telephone.chat.send("Case 10 from the telephone");
      await telephone.chat.see("For you alone, about: Case 10 from the telephone");
      const answers = telephone.chat.root.getByText("Hello. I am a program, and heard: Case 10 as a guest on the telephone");
      assert.equal(await answers.count(), 0, "the guest's conversation left the view");

      await desk.open("For you alone, about: Case 10 from the telephone");
      await desk.padlock(/^Verified/).waitFor();
      await desk.see("Goes on from an anonymous conversation");
      const words = told.filter(({ about }) => about === "visitor").map(({ visitor }) => visitor.lapseReason ?? visitor.assurance);
      assert.deepEqual(words, ["SIGNED_OUT", "VERIFIED"], "told once each, and nothing of the guest's conversation, which is closed");
    });
  });
});

test("a bot asks for a person: the visitor reads so, the conversation waits, and who answers takes over", async (stage) => {
  /** @type {(told: import("../harness/bot.mjs").Told) => import("../harness/bot.mjs").Reply[]} */
  const helpless = () => [say("I ask a colleague"), { type: "transfer" }];
  await withBot(stage.manifest, helpless, async ({ told }) => {
    await onSinglePageSite(stage, async ({ device }) => {
      const [{ chat }, desk] = [await (await device()).tab(), await stage.agent()];
      await chat.open();
      await chat.send("A person, please");
      await chat.see("Ada asks the team to go on with you");
      await desk.page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: "Waiting" }).click();
      await desk.open("I ask a colleague");
      await desk.see("Bot asks an agent to take over");
      await desk.reply("A person at last");
      await chat.see("A person at last");
      await chat.send("Thank you");
      await desk.see("Thank you");
      assert.equal(told.length, 1, "the bot hears no more of it");
    });
  });
});
