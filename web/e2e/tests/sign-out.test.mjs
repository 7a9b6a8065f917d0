/** Signing out when Signet cannot be told at once: the browser is wiped at once all the same, the server as soon as it can be. */
import assert from "node:assert/strict";
import { onSinglePageSite } from "../harness/brand-site.mjs";
import { scene } from "../harness/stage.mjs";
import { findSecrets, readPage } from "../harness/traces.mjs";
import { eventually } from "../harness/wait.mjs";

const test = scene();

test("a sign-out while offline wipes every tab at once, and reaches the server when the network is back", async (stage) => {
  await onSinglePageSite(stage, async ({ device }) => {
    const [browser, desk] = [await device(), await stage.agent()];
    const left = await browser.tab();
    await left.signIn("sign-out-1");
    const right = await browser.tab();
    await left.chat.open();
    await right.chat.open();
    await left.chat.send("Sign-out: private");
    await right.chat.see("Sign-out: private");
    await desk.open("Sign-out: private");
    await left.page.context().setOffline(true);

    await left.signOut();
    for (const tab of [left, right]) {
      await eventually(async () => !(await tab.chat.isVisible()), { what: "the chat to be hidden" });
      assert.deepEqual(findSecrets(await readPage(tab.page), ["Sign-out: private"]), []);
    }
    await left.page.context().setOffline(false);
    await desk.log.getByText("Visitor signed out").waitFor();
    await desk.padlock(/^Identity no longer verified since /).waitFor();
    for (const tab of [left, right]) await tab.page.locator("iframe").waitFor({ state: "detached" });
  });
});

test("a sign-out while a token is on its way: the activation fails, and no chat comes of it", async (stage) => {
  await onSinglePageSite(stage, async ({ device }) => {
    const browser = await device();
    const tab = await browser.tab();
    browser.userId = "sign-out-2";
    /** @type {(() => void)[]} */
    const held = [];
    const activation = (/** @type {URL} */ url) => url.pathname === "/visitor/v1/activate";
    await tab.page.context().route(activation, async (route) => {
      await new Promise((resolve) => held.push(() => resolve(undefined)));
      await route.continue();
    });
    await tab.page.evaluate("window.late = signIn(); 0");
    await eventually(() => held.length > 0, { what: "the token to be under way" });
    await tab.signOut();
    assert.equal(await tab.page.evaluate("late.then(({ authentication }) => authentication.status)"), "authentication-failure");
    for (const release of held) release();
    assert.equal(await tab.page.locator("iframe").count(), 0);
    assert.equal(await tab.page.evaluate("iAdvizeInterface.get('visitor:assurance')"), null);
    await tab.page.context().unroute(activation);
    await tab.goOnAsGuest();
    await tab.chat.open();
    await tab.chat.field.waitFor();
    assert.equal(await tab.chat.root.getByText("Signed in", { exact: true }).count(), 0);
    assert.equal(await tab.page.evaluate("iAdvizeInterface.get('visitor:assurance')"), "ANONYMOUS");
  });
});
