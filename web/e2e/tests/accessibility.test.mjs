/** axe on every screen, light and dark, and the chat by keyboard alone. */
import assert from "node:assert/strict";
import { assertAccessible } from "../harness/axe.mjs";
import { Desk } from "../harness/desk.mjs";
import { scene } from "../harness/stage.mjs";
import { eventually } from "../harness/wait.mjs";

const test = scene();

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  test(`chat and shop have no accessibility faults, ${colorScheme}`, async (stage) => {
    const shop = await stage.visitor({ colorScheme });
    const { chat, page } = shop;
    await chat.launcher.waitFor();
    await assertAccessible(page.mainFrame(), "the catalogue");
    await assertAccessible(await chat.frame(), "the launcher");
    await chat.open();
    await assertAccessible(await chat.frame(), "the chat, empty");
    await chat.send("Is this readable for everyone?");
    await assertAccessible(await chat.frame(), "the chat with a thread");
    await shop.visit("/login");
    await assertAccessible(page.mainFrame(), "the shop's sign-in page");
    await shop.signIn(0);
    await chat.open();
    await chat.log.getByText("You are now signed in").waitFor();
    await assertAccessible(await chat.frame(), "the chat of a signed-in visitor");
    await shop.visit("/account");
    await assertAccessible(page.mainFrame(), "the account page");
  });

  test(`desk has no accessibility faults, ${colorScheme}`, async (stage) => {
    const shop = await stage.visitor();
    await shop.chat.open();
    await shop.chat.send("A question for the desk");
    const page = await (await stage.context({ colorScheme, viewport: { width: 1440, height: 900 } })).newPage();
    const desk = new Desk(page, stage.manifest);
    await desk.visit();
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    await assertAccessible(page.mainFrame(), "the sign-in page");
    await desk.signIn();
    await desk.row("A question for the desk").waitFor();
    await assertAccessible(page.mainFrame(), "the inbox");
    await desk.open("A question for the desk");
    await desk.reply("An answer from the desk");
    await assertAccessible(page.mainFrame(), "a conversation");
  });
}

test("the chat works by keyboard alone", async (stage) => {
  const { chat, page } = await stage.visitor();
  await chat.launcher.focus();
  await page.keyboard.press("Enter");
  await chat.dialog.waitFor();
  await eventually(() => chat.field.evaluate((field) => field === document.activeElement), { what: "focus in the text box" });
  await page.keyboard.type("Typed, not clicked");
  await page.keyboard.press("Enter");
  await chat.see("Typed, not clicked");
  await page.keyboard.press("Escape");
  await chat.launcher.waitFor();
  assert.equal(await chat.dialog.isVisible(), false);
  await eventually(() => chat.launcher.evaluate((button) => button === document.activeElement), { what: "focus back on the button" });
});
