/** Sessions end; identity is proved again, by itself while the brand says who is there, else by the visitor. */
import assert from "node:assert/strict";
import { scene } from "../harness/stage.mjs";
import { eventually } from "../harness/wait.mjs";

const test = scene({ demo: ["--session-lifetime", "6s"] });
const PROVIDER = "**/signet-token*";

test("while the provider answers, nothing is visible", async (stage) => {
  const [shop, desk] = [await stage.visitor(), await stage.agent()];
  const { chat } = shop;
  let asked = 0;
  await shop.page.context().route(PROVIDER, (route) => {
    asked += 1;
    return route.continue();
  });
  await shop.signIn(0);
  await chat.open();
  await chat.send("I take my time");
  await desk.open("I take my time");
  const frame = await chat.frame();
  await frame.evaluate(() => {
    const seen = /** @type {{seenLocked?: boolean}} */ (window);
    const look = () => (seen.seenLocked ||= /sign in again|no longer confirmed|confirmed again/i.test(document.body.innerText));
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  const before = asked;
  // Renewals come after 80 % of a session's life at the earliest: three of them outlive the first session twice.
  await eventually(() => asked >= before + 3, { what: "three renewals", patience: 60_000 });
  await chat.send("And still I am signed in");
  await desk.mark("And still I am signed in", "Verified").waitFor();
  await desk.padlock(/^Verified/).waitFor();
  const locked = await frame.evaluate(() => /** @type {{seenLocked?: boolean}} */ (window).seenLocked ?? false);
  assert.equal(locked, false, "the visitor saw something of it");
});

test("when the provider fails, the chat locks and covers its history, and opens for the same person", async (stage) => {
  const [shop, desk] = [await stage.visitor(), await stage.agent()];
  const { chat } = shop;
  const context = shop.page.context();
  await shop.signIn(1);
  await chat.open();
  await chat.send("Something private");
  await desk.open("Something private");
  await context.route(PROVIDER, (route) => route.fulfill({ status: 503, body: "" }));

  await chat.root.getByText(/please sign in again/i).first().waitFor();
  assert.equal(await chat.root.getByText("Something private").count(), 0, "the history is covered");
  assert.equal(await chat.field.isDisabled(), true, "the composer is locked");
  await desk.padlock(/^Identity no longer verified since /).waitFor();

  await context.unroute(PROVIDER);
  await chat.root.getByRole("button", { name: "Retry" }).click();
  await chat.see("Something private");
  await desk.padlock(/^Verified/).waitFor();
  await chat.send("Back again");
  await desk.mark("Back again", "Verified").waitFor();
});
