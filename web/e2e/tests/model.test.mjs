/**
 * The random histories of `web/widget/test/model.test.ts` in small, in a real browser against the real server: two tabs, two people, a
 * provider that is slow or fails, a network that goes. `MODEL_SEED` lives others.
 */
import assert from "node:assert/strict";
import { onSinglePageSite } from "../harness/brand-site.mjs";
import { scene } from "../harness/stage.mjs";
import { eventually } from "../harness/wait.mjs";

/** @typedef {import("../harness/brand-site.mjs").Tab} Tab */

const test = scene();

const SEED = Number(process.env["MODEL_SEED"] ?? 1);
const HISTORIES = 3;
const STEPS = 10;

/** Numbers that can be repeated (mulberry32). @param {number} seed */
function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What the chat of a tab draws, or nothing. @param {Tab} tab */
async function drawn(tab) {
  const frame = tab.page.frames().find((one) => one.url().includes("/widget?"));
  return (await frame?.evaluate(() => document.body.innerText).catch(() => "")) ?? "";
}

for (let history = 0; history < HISTORIES; history += 1) {
  const seed = SEED + history;
  test(`history ${seed}: nothing of one person for another, one provider call at a time, every activation settles`, async (stage) => {
    const next = chance(seed);
    /** @template T @param {...T} values @returns {T} */
    const one = (...values) => /** @type {T} */ (values[Math.floor(next() * values.length)]);
    const people = [`model-${seed}-jane`, `model-${seed}-mehdi`];
    /** @type {string[]} */
    const told = [];
    await onSinglePageSite(stage, async ({ device }) => {
      const browser = await device();
      const tabs = [await browser.tab(), await browser.tab()];
      const context = /** @type {Tab} */ (tabs[0]).page.context();
      let [running, most] = [0, 0];
      let mood = "honest";
      await context.route("**/token", async (route) => {
        most = Math.max(most, (running += 1));
        try {
          if (mood === "fails") await route.abort("failed");
          else await route.fallback();
        } finally {
          running -= 1;
        }
      });
      /** @param {Tab} tab */
      const activate = (tab) =>
        tab.page.evaluate("(window.results ??= []).push(Promise.race([signIn(), new Promise((_, no) => setTimeout(no, 60_000, new Error('not settled')))])); 0");
      /** @type {Record<string, (tab: Tab) => Promise<unknown>>} */
      const happenings = {
        "sign in": (tab) => {
          browser.userId = one(...people);
          return activate(tab);
        },
        activate,
        "sign out": (tab) => {
          browser.userId = null;
          return tab.page.evaluate("(window.results ??= []).push(signOut()); 0");
        },
        write: async (tab) => {
          if (!(await tab.chat.launcher.isVisible()) && !(await tab.chat.dialog.isVisible())) return;
          await tab.chat.open().catch(() => undefined);
          const assurance = await tab.page.evaluate("iAdvizeInterface.get('visitor:assurance')");
          if (assurance !== "VERIFIED" || !(await tab.chat.field.isEnabled().catch(() => false))) return;
          // Whoever is signed in says their own name.
          const name = browser.userId;
          if (name !== null && (await tab.page.evaluate("Promise.all(window.results ?? []).then(() => true)"))) {
            await tab.chat.field.fill(`I am ${name}`, { timeout: 2_000 }).catch(() => undefined);
          }
        },
        reload: (tab) => tab.page.reload().then(() => tab.page.waitForFunction("typeof iAdvizeInterface.activate === 'function'")),
        mood: async () => (mood = one("honest", "honest", "fails")),
        network: async () => {
          await context.setOffline(true);
          await context.setOffline(false);
        },
      };
      for (let step = 0; step < STEPS; step += 1) {
        const name = one(...Object.keys(happenings));
        told.push(name);
        await happenings[name]?.(one(...tabs));
      }
      mood = "honest";
      for (const tab of tabs) {
        await tab.page.evaluate("Promise.all(window.results ?? []).then(() => true)").catch((error) => assert.fail(`${told.join(", ")}: ${error.message}`));
      }
      assert.ok(most <= 1, `${most} provider calls at once: ${told.join(", ")}`);

      browser.userId = null;
      const [left, right] = /** @type {[Tab, Tab]} */ (tabs);
      await left.signOut();
      for (const tab of [left, right]) {
        await eventually(async () => (await drawn(tab)) === "" || !(await tab.chat.isVisible()), { what: `nothing to be there: ${told.join(", ")}` });
      }
      // The other person finds nothing of the first, in either tab.
      await left.signIn(people[0] ?? "");
      await left.chat.open();
      await left.chat.send(`I am ${people[0]}`);
      await left.signOut();
      await left.signIn(people[1] ?? "");
      await left.chat.open();
      await left.chat.field.waitFor();
      for (const tab of [left, right]) {
        const text = await drawn(tab);
        assert.ok(!text.includes(`I am ${people[0]}`), `${told.join(", ")}:\n${text}`);
      }
    });
  });
}
