/** A session ends and the brand says something else than before: nobody, or somebody else. What then, and what the page hears. */
import assert from "node:assert/strict";
import { onSinglePageSite } from "../harness/brand-site.mjs";
import { scene } from "../harness/stage.mjs";
import { findSecrets, readPage } from "../harness/traces.mjs";
import { eventually } from "../harness/wait.mjs";

/** @typedef {import("../harness/brand-site.mjs").Tab} Tab */

const test = scene({ demo: ["--session-lifetime", "6s"] });

/** @param {Tab} tab */
async function waitForLock(tab) {
  await tab.chat.root.getByText(/please sign in again/i).first().waitFor();
}

/** @param {Tab} tab */
const assurances = async (tab) => (await tab.told("visitor:assuranceChange")).map(({ value }) => value);

test("case 4: a brand that knows nobody any more locks the chat, never turns it anonymous, and the page hears of it once", async (stage) => {
  await onSinglePageSite(stage, async ({ device }) => {
    const [browser, desk] = [await device(), await stage.agent()];
    const tab = await browser.tab();
    await tab.signIn("lapse-1");
    await tab.chat.open();
    await tab.chat.send("Lapse: private");
    await desk.open("Lapse: private");
    await tab.chat.field.fill("Lapse: half written");
    browser.userId = null;
    await waitForLock(tab);
    assert.equal(await tab.chat.root.getByText("Lapse: private").count(), 0, "the history is covered");
    assert.equal(await tab.chat.field.inputValue(), "", "and so is what was being written");
    await desk.padlock(/^Identity no longer verified since /).waitFor();
    await desk.log.getByText("Identity no longer verified").first().waitFor();
    // The brand still says "a guest": that is no proof of anything.
    await tab.chat.root.getByRole("button", { name: "Retry" }).click();
    await tab.chat.root.getByText("We could not confirm who you are. Sign in on this site, then try again.").waitFor();
    assert.equal((await tab.told("authentication:expired")).length, 1);
    assert.equal((await tab.told("authentication:logout")).length, 0);
    assert.deepEqual(await assurances(tab), ["ANONYMOUS", "VERIFIED", null]);

    browser.userId = "lapse-1";
    await tab.chat.root.getByRole("button", { name: "Retry" }).click();
    await tab.chat.see("Lapse: private");
    assert.equal(await tab.chat.field.inputValue(), "Lapse: half written", "the same person finds their draft");
    await desk.padlock(/^Verified/).waitFor();
    await eventually(async () => (await assurances(tab)).at(-1) === "VERIFIED", { what: "the page to hear of the new proof" });
  });
});

test("case 7: somebody else who unlocks finds an empty chat, and no draft of the first", async (stage) => {
  const secrets = ["canary-lapsed-60fd", "canary-draft-2e8b", "lapse-2-first"];
  const [written, draft] = /** @type {[string, string, string]} */ (secrets);
  await onSinglePageSite(stage, async ({ device }) => {
    const [browser, desk] = [await device(), await stage.agent()];
    const tab = await browser.tab();
    await tab.signIn("lapse-2-first");
    await tab.chat.open();
    await tab.chat.send(written);
    await desk.open(written);
    await tab.chat.field.fill(draft);
    browser.userId = null;
    await waitForLock(tab);

    await tab.signIn("lapse-2-second");
    await tab.chat.open();
    await tab.chat.field.waitFor();
    assert.equal(await tab.chat.field.inputValue(), "");
    await tab.chat.send("Lapse: I am somebody else");
    assert.deepEqual(findSecrets(await readPage(tab.page), secrets), []);
    assert.equal(await desk.log.getByText("Lapse: I am somebody else").count(), 0, "nothing crosses");
    await desk.padlock(/^Identity no longer verified since /).waitFor();
    await desk.open("Lapse: I am somebody else");
    assert.equal(await desk.log.getByText(written).count(), 0);
    await desk.padlock(/^Verified/).waitFor();
  });
});
