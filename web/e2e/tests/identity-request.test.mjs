/** An agent asks the visitor to confirm who they are: what both see, and what counts as an answer. */
import assert from "node:assert/strict";
import { onSinglePageSite } from "../harness/brand-site.mjs";
import { scene } from "../harness/stage.mjs";
import { eventually } from "../harness/wait.mjs";

/** @typedef {import("../harness/desk.mjs").Desk} Desk */
/** @typedef {import("../harness/brand-site.mjs").Device} Device */

const test = scene();

/** @param {Desk} desk */
const ask = (desk) => desk.page.getByRole("main").getByRole("button", { name: "Confirm identity" }).click();

/**
 * A signed-in visitor in a conversation that the agent has open.
 * @param {import("../harness/stage.mjs").Stage} stage
 * @param {() => Promise<Device>} device
 * @param {string} userId
 */
async function meet(stage, device, userId) {
  const [browser, desk] = [await device(), await stage.agent()];
  const tab = await browser.tab();
  await tab.signIn(userId);
  await tab.chat.open();
  await tab.chat.send(`Identity: ${userId}`);
  await desk.open(`Identity: ${userId}`);
  return { browser, desk, tab, request: tab.chat.root.getByRole("region", { name: /asks you to confirm that it is really you/ }) };
}

test("the visitor learns who asks, agrees, and the page's fresh token answers in the thread", async (stage) => {
  await onSinglePageSite(stage, async ({ device }) => {
    const { desk, tab, request } = await meet(stage, device, "identity-1");
    await ask(desk);
    await request.waitFor();
    await desk.page.getByRole("main").getByText("Identity asked…", { exact: true }).waitFor();
    assert.equal(await desk.page.getByRole("main").getByRole("button", { name: "Confirm identity" }).count(), 0, "asked once");
    assert.match(await request.innerText(), /nobody will ever ask for your password here/);
    await tab.chat.send("Identity: writing goes on meanwhile");
    await request.getByRole("button", { name: "Confirm it is me" }).click();
    await tab.chat.log.getByText("Your identity is confirmed").first().waitFor();
    await request.waitFor({ state: "detached" });
    await desk.log.getByText(/^Identity confirmed/).waitFor();
    await desk.padlock(/^Verified/).waitFor();
    await desk.page.getByRole("main").getByRole("button", { name: "Confirm identity" }).waitFor();
  });
});

test("a page that knows nobody, and a visitor who would rather not: the agent reads that nothing was confirmed", async (stage) => {
  await onSinglePageSite(stage, async ({ device }) => {
    const { browser, desk, tab, request } = await meet(stage, device, "identity-2");
    browser.userId = null;
    await ask(desk);
    await request.getByRole("button", { name: "Confirm it is me" }).click();
    await desk.log.getByText("Visitor did not confirm their identity").waitFor();
    await tab.chat.log.getByText("Your identity was not confirmed").waitFor();

    browser.userId = "identity-2";
    await ask(desk);
    await request.getByRole("button", { name: "Not now" }).click();
    await request.waitFor({ state: "detached" });
    await eventually(async () => (await desk.log.getByText("Visitor did not confirm their identity").count()) === 2, { what: "the second answer" });
    // Nothing lapsed: the session is as good as it was.
    await desk.padlock(/^Verified/).waitFor();
    await tab.chat.send("Identity: still here");
    await desk.mark("Identity: still here", "Verified").waitFor();
  });
});

test("a guest who is asked signs in at the brand and becomes a verified visitor", async (stage) => {
  await onSinglePageSite(stage, async ({ device }) => {
    const [browser, desk] = [await device(), await stage.agent()];
    const tab = await browser.tab();
    await tab.chat.open();
    await tab.chat.send("Identity: as a guest");
    await desk.open("Identity: as a guest");
    await ask(desk);
    browser.userId = "identity-3";
    await tab.chat.root.getByRole("button", { name: "Confirm it is me" }).click();
    await tab.chat.log.getByText("You are now signed in").waitFor();
    await desk.padlock(/^Verified/).waitFor();
    await desk.mark("Identity: as a guest", "Not verified").waitFor();
    await eventually(async () => (await tab.page.evaluate("iAdvizeInterface.get('visitor:assurance')")) === "VERIFIED", {
      what: "the page to hear of it",
    });
  });
});
