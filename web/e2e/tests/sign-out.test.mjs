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

test("a sign-out offline whose page is left at once is sent by the next page", async (stage) => {
  await onSinglePageSite(stage, async ({ device }) => {
    const [browser, desk] = [await device(), await stage.agent()];
    const tab = await browser.tab();
    await tab.signIn("sign-out-3");
    await tab.chat.open();
    await tab.chat.send("Sign-out: left at once");
    await desk.open("Sign-out: left at once");
    const context = tab.page.context();
    const logout = (/** @type {URL} */ url) => url.pathname === "/visitor/v1/logout";
    await context.route(logout, (route) => route.abort("internetdisconnected"));
    await tab.signOut();
    assert.equal(await tab.page.evaluate("iAdvizeInterface.get('visitor:assurance')"), null);
    await tab.page.close();
    await context.unroute(logout);
    // Whoever comes next in this browser, and whatever they do, the sign-out is paid first.
    const next = await browser.tab();
    await desk.log.getByText("Visitor signed out").waitFor();
    await desk.padlock(/^Identity no longer verified since /).waitFor();
    await next.chat.open();
    assert.deepEqual(findSecrets(await readPage(next.page), ["Sign-out: left at once"]), []);
    const stored = await (await next.chat.frame()).evaluate(() => Object.keys(localStorage).filter((key) => key.endsWith(":signed-out")));
    assert.deepEqual(stored, [], "nothing is owed any more");
  });
});

test("a sign-out on a page that has thrown the chat away still ends the session and wipes the other tab", async (stage) => {
  await onSinglePageSite(stage, async ({ device }) => {
    const [browser, desk] = [await device(), await stage.agent()];
    const left = await browser.tab();
    await left.signIn("sign-out-4");
    const right = await browser.tab();
    await left.chat.open();
    await left.chat.send("Sign-out: thrown away");
    await right.chat.open();
    await right.chat.see("Sign-out: thrown away");
    await desk.open("Sign-out: thrown away");
    await left.page.evaluate("document.querySelector('iframe').remove()");
    await left.signOut();
    await right.page.locator("iframe").waitFor({ state: "detached" });
    assert.equal(await left.page.locator("iframe").count(), 0);
    await desk.log.getByText("Visitor signed out").waitFor();
    assert.deepEqual(findSecrets(await readPage(right.page), ["Sign-out: thrown away"]), []);
  });
});

test("a page that calls logout and goes elsewhere in the same breath: the other tab is wiped", async (stage) => {
  await onSinglePageSite(stage, async ({ device }) => {
    const browser = await device();
    const left = await browser.tab();
    await left.signIn("sign-out-5");
    const right = await browser.tab();
    await right.chat.open();
    await right.chat.send("Sign-out: in the same breath");
    browser.userId = null;
    await left.page.evaluate("iAdvizeInterface.logout(); location.href = 'about:blank'");
    await right.page.locator("iframe").waitFor({ state: "detached" });
    assert.equal((await right.told("authentication:logout")).length, 1);
    assert.deepEqual(findSecrets(await readPage(right.page), ["Sign-out: in the same breath"]), []);
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
