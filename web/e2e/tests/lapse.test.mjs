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
    await tab.chat.launcher.waitFor();
    await tab.chat.open();
    await tab.chat.root.getByRole("button", { name: /^Yes, / }).click();
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

test("D26 a page that goes on as somebody else closes the chat and asks, before anything is shown or written", async (stage) => {
  await onSinglePageSite(stage, async ({ device }) => {
    const home = await (await device()).tab();
    await home.signIn("lapse-3-attacker");
    await home.chat.open();
    await home.chat.send("Lapse: planted by the attacker");

    const browser = await device();
    const tab = await browser.tab();
    await tab.signIn("lapse-3-victim");
    await tab.chat.open();
    await tab.chat.send("Lapse: of the victim");
    // The page, or a script on it, hands over a token of the attacker's at the next renewal.
    browser.userId = "lapse-3-attacker";
    await tab.chat.launcher.waitFor();
    assert.equal(await tab.chat.dialog.isVisible(), false, "the panel is closed");
    await tab.chat.open();
    await tab.chat.root.getByRole("heading", { name: "Is this you?" }).waitFor();
    assert.equal(await tab.chat.field.count(), 0, "nothing can be written");
    for (const text of ["Lapse: planted by the attacker", "Lapse: of the victim"]) {
      assert.equal(await tab.chat.root.getByText(text).count(), 0, text);
    }
    browser.userId = null;
    await tab.chat.root.getByRole("button", { name: "No, this is not me" }).click();
    await tab.page.locator("iframe").waitFor({ state: "detached" });
    assert.equal((await tab.told("authentication:logout")).length, 1, "the page hears of it");
    assert.equal(await tab.page.evaluate("iAdvizeInterface.get('visitor:assurance')"), null);
  });
});

test("D29 what one person wrote and was not sent is never sent as the next one", async (stage) => {
  await onSinglePageSite(stage, async ({ device }) => {
    const [browser, desk] = [await device(), await stage.agent()];
    const tab = await browser.tab();
    await tab.signIn("lapse-4-first");
    await tab.chat.open();
    await tab.chat.send("Lapse: stored for the first");
    await desk.open("Lapse: stored for the first");
    // Written offline, it waits in the chat while the session's time passes.
    await tab.page.context().setOffline(true);
    await tab.chat.write("Lapse: queued by the first");
    browser.userId = null;
    await waitForLock(tab);
    await tab.page.context().setOffline(false);
    browser.userId = "lapse-4-second";
    await tab.chat.root.getByRole("button", { name: "Retry" }).click();
    await tab.chat.launcher.waitFor();
    await tab.chat.open();
    await tab.chat.root.getByRole("button", { name: /^Yes, / }).click();
    await tab.chat.send("Lapse: written by the second");
    assert.equal(await tab.chat.root.getByText("Lapse: queued by the first").count(), 0);
    await desk.open("Lapse: written by the second");
    assert.equal(await desk.log.getByText("Lapse: queued by the first").count(), 0);

    // The first one's own device does not have it either: nobody sent it.
    const own = await (await device()).tab();
    await own.signIn("lapse-4-first");
    await own.chat.open();
    await own.chat.see("Lapse: stored for the first");
    assert.equal(await own.chat.root.getByText("Lapse: queued by the first").count(), 0);
  });
});

test("D29 what the same person wrote while offline goes out once they have proved who they are", async (stage) => {
  await onSinglePageSite(stage, async ({ device }) => {
    const [browser, desk] = [await device(), await stage.agent()];
    const tab = await browser.tab();
    await tab.signIn("lapse-5");
    await tab.chat.open();
    await tab.chat.send("Lapse: online");
    await desk.open("Lapse: online");
    await tab.page.context().setOffline(true);
    await tab.chat.write("Lapse: offline");
    browser.userId = null;
    await waitForLock(tab);
    await tab.page.context().setOffline(false);
    browser.userId = "lapse-5";
    await tab.chat.root.getByRole("button", { name: "Retry" }).click();
    await desk.see("Lapse: offline");
    await desk.mark("Lapse: offline", "Verified").waitFor();
  });
});

test("tabs of one person renew together: one request to the provider at a time, and each stays signed in", async (stage) => {
  await onSinglePageSite(stage, async ({ device }) => {
    const browser = await device();
    const first = await browser.tab();
    await first.signIn("lapse-6");
    const tabs = [first, await browser.tab(), await browser.tab()];
    let [running, most, asked] = [0, 0, 0];
    await first.page.context().route("**/token", async (route) => {
      most = Math.max(most, (running += 1));
      asked += 1;
      await new Promise((resolve) => setTimeout(resolve, 300));
      running -= 1;
      await route.fallback();
    });
    for (const tab of tabs) await tab.chat.open();
    await first.chat.send("Lapse: renewed together");
    // Three lives of the session, by the renewals that keep it alive.
    await eventually(() => asked >= 3, { what: "three renewals", patience: 40_000 });
    assert.equal(most, 1, "one request at a time");
    assert.ok(asked <= 5, `${asked} requests for three tabs`);
    for (const tab of tabs) {
      await tab.chat.see("Lapse: renewed together");
      assert.equal((await tab.told("authentication:expired")).length, 0);
    }
  });
});
