/** One's own account: from the invitation's link to the last session ended. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { assertAccessible } from "../harness/axe.mjs";
import { Console } from "../harness/console.mjs";
import { firstStart } from "../harness/installation.mjs";
import { oneTimePassword } from "../harness/one-time-password.mjs";
import { graphql, invite, PASSWORD, Person } from "../harness/person.mjs";
import { serve } from "../harness/site.mjs";
import { scene } from "../harness/stage.mjs";
import { eventually } from "../harness/wait.mjs";

const test = scene();

test("an invitation leads from its link to the desk, once", async (stage) => {
  const { email, link } = await invite(await stage.owner(), { projectId: stage.manifest.projectId, role: "AGENT" });
  const page = await (await stage.context()).newPage();
  const person = new Person(page, email);
  await page.goto(link);
  await page.getByRole("heading", { name: "Welcome, Ana Lima" }).waitFor();
  await assertAccessible(page.mainFrame(), "the invitation");
  await person.choosePassword("Password2026!");
  await page.getByRole("alert").getByText(/easily guessed/).waitFor();
  await person.choosePassword(PASSWORD);
  await page.getByRole("list", { name: "Conversations" }).waitFor();
  assert.equal(new URL(page.url()).hash, "", "the link's secret is out of the address");
  await page.goto(link);
  await page.getByRole("heading", { name: "This link is used up" }).waitFor();
  await page.getByRole("button", { name: "Go to sign-in" }).click();
  await page.getByRole("list", { name: "Conversations" }).waitFor();
  assert.equal(stage.signet.log.includes(link.split("#")[1] ?? "no secret"), false, "nor is it in the log");
});

test("the first start prints a link that makes its finder the platform's owner", async (stage) => {
  const platform = await firstStart();
  try {
    const page = await (await stage.context()).newPage();
    await page.goto(platform.link);
    await page.getByRole("heading", { name: "Welcome to Signet" }).waitFor();
    await assertAccessible(page.mainFrame(), "the first owner's welcome");
    await page.getByLabel("Name", { exact: true }).fill("Olga Owner");
    await page.getByLabel("Email", { exact: true }).fill("olga@example.org");
    await new Person(page, "olga@example.org").choosePassword(PASSWORD);
    await page.getByRole("button", { name: "Olga Owner" }).waitFor();
    const { viewer } = await graphql(page, "{ viewer { ownsPlatform } }");
    assert.equal(viewer.ownsPlatform, true);
    const another = await (await stage.context()).newPage();
    await another.goto(platform.link);
    await another.getByRole("heading", { name: "This link is used up" }).waitFor();
    assert.equal(platform.log().includes(platform.link.split("#")[1] ?? "no secret"), false);
  } finally {
    await platform.close();
  }
});

test("a second factor, from its set-up to signing in with a code and with a recovery code", async (stage) => {
  const person = await Person.arrive(stage);
  const { page } = person;
  await person.openAccount();
  const { part, secret } = await person.setUpSecondFactor();
  await part.getByRole("img", { name: /^QR code/ }).waitFor();
  await assertAccessible(page.mainFrame(), "the set-up of a second factor");
  await part.getByLabel("Code the app shows").fill("000000");
  await part.getByRole("button", { name: "Turn it on" }).click();
  await part.getByText("The code is not valid.").waitFor();
  await part.getByLabel("Code the app shows").fill(oneTimePassword(secret));
  await part.getByRole("button", { name: "Turn it on" }).click();
  const codes = await person.recoveryCodes();
  await assertAccessible(page.mainFrame(), "the recovery codes");
  const [download] = await Promise.all([page.waitForEvent("download"), part.getByRole("button", { name: "Download" }).click()]);
  const kept = await readFile(await download.path(), "utf8");
  assert.deepEqual(codes.filter((code) => !kept.includes(code)), []);
  await part.getByRole("button", { name: "I have kept them" }).click();
  await part.getByText("10 recovery codes are left").waitFor();
  assert.equal(await page.getByText(codes[0] ?? "").count(), 0, "shown once");

  await person.signOut();
  await person.signIn();
  await person.enterCode(oneTimePassword(secret));
  await page.getByRole("alert").getByText(/not right, or was used before/).waitFor();
  await person.enterCode(oneTimePassword(secret, { ahead: 1 }));
  await person.isIn();

  const [first = ""] = codes;
  for (const isGood of [true, false]) {
    await person.signOut();
    await person.signIn();
    await person.enterCode(first);
    if (isGood) await person.isIn();
    else await page.getByRole("alert").getByText(/not right, or was used before/).waitFor();
    if (!isGood) await person.enterCode(codes[1] ?? "");
  }
  await person.isIn();

  await person.openAccount();
  await part.getByText("8 recovery codes are left").waitFor();
  await part.getByRole("button", { name: "New recovery codes" }).click();
  await part.getByLabel("Your password").fill("not the password");
  await part.getByRole("button", { name: "Make new codes" }).click();
  await part.getByText("The password is not right.").waitFor();
  await part.getByLabel("Your password").fill(PASSWORD);
  await part.getByRole("button", { name: "Make new codes" }).click();
  const renewed = await person.recoveryCodes();
  assert.equal(renewed.some((code) => codes.includes(code)), false);
  await part.getByRole("button", { name: "I have kept them" }).click();
  await part.getByRole("button", { name: "Turn off" }).click();
  await part.getByLabel("Your password").fill(PASSWORD);
  await part.getByRole("button", { name: "Turn it off" }).click();
  await part.getByText("The second factor is off.").waitFor();
  await person.signOut();
  await person.signIn();
  await person.isIn();
});

test("after wrong passwords the wait is said in words, and ends", async (stage) => {
  const person = await Person.arrive(stage);
  const { page } = person;
  await page.context().clearCookies();
  await page.goto(stage.manifest.deskUrl);
  const alert = page.getByRole("alert");
  for (;;) {
    await person.signIn({ password: "not the password" });
    await alert.getByText(/do not match|can try again in/).waitFor();
    if ((await alert.innerText()).includes("again in")) break;
    // The alert is emptied with the next attempt; what is read then is of that one.
    await page.getByRole("button", { name: "Sign in", exact: true }).waitFor();
  }
  assert.match(await alert.innerText(), /Too many attempts were refused. You can try again in \d+ seconds?\./);
  assert.equal(await page.getByRole("button", { name: /^Wait \d+ second/ }).isDisabled(), true);
  await assertAccessible(page.mainFrame(), "the wait");
  await page.getByRole("button", { name: "Sign in", exact: true }).waitFor();
  await person.signIn();
  await page.getByRole("list", { name: "Conversations" }).waitFor();
});

test("D28 a session that is ended in one browser is out within seconds in the other", async (stage) => {
  const person = await Person.arrive(stage);
  const elsewhere = new Person(await (await stage.context()).newPage(), person.email);
  await elsewhere.page.goto(stage.manifest.deskUrl);
  await elsewhere.signIn();
  await elsewhere.page.getByRole("list", { name: "Conversations" }).waitFor();
  await person.openAccount();
  await eventually(async () => (await person.sessions.count()) === 2, { what: "two sessions" });
  await person.sessions.filter({ hasText: "This browser" }).waitFor();
  await person.sessions.getByRole("button", { name: /^End/ }).click();
  const begun = Date.now();
  await elsewhere.page.getByText("Your session has ended.").waitFor();
  const took = Date.now() - begun;
  assert.ok(took < 10_000, `it took ${took} ms`);
  await eventually(async () => (await person.sessions.count()) === 1, { what: "one session" });
  await elsewhere.page.goBack().catch(() => null);
  assert.equal(await elsewhere.page.getByRole("list", { name: "Conversations" }).count(), 0, "going back shows nothing");
});

test("a new password and a new name, with refusals at their fields", async (stage) => {
  const person = await Person.arrive(stage, { name: "Ana Lima" });
  const { page } = person;
  const elsewhere = new Person(await (await stage.context()).newPage(), person.email);
  await elsewhere.page.goto(stage.manifest.deskUrl);
  await elsewhere.signIn();
  await elsewhere.page.getByRole("list", { name: "Conversations" }).waitFor();
  await person.openAccount();
  const part = person.part("Password");
  const change = async (/** @type {string} */ present, /** @type {string} */ chosen) => {
    await part.getByLabel("Present password", { exact: true }).fill(present);
    await part.getByLabel("New password", { exact: true }).fill(chosen);
    await part.getByRole("button", { name: "Change password" }).click();
  };
  const isWrong = (/** @type {string} */ label) => part.getByLabel(label, { exact: true }).and(page.locator("[aria-invalid=true]"));
  await change("not the password", "a heron stands in the reeds");
  await part.getByText("The password is not right.").waitFor();
  await isWrong("Present password").waitFor();
  await change(PASSWORD, "ana lima ana lima");
  await isWrong("New password").waitFor();
  await assertAccessible(page.mainFrame(), "a refused password");
  await change(PASSWORD, "a heron stands in the reeds");
  await part.getByText("Your password is changed.").waitFor();
  assert.equal(await part.getByLabel("New password", { exact: true }).inputValue(), "");
  await elsewhere.page.getByText("Your session has ended.").waitFor();
  await elsewhere.signIn();
  await elsewhere.page.getByRole("alert").getByText(/do not match/).waitFor();
  await elsewhere.signIn({ password: "a heron stands in the reeds" });
  await elsewhere.page.getByRole("list", { name: "Conversations" }).waitFor();

  const name = person.part("You");
  await name.getByLabel("Name", { exact: true }).fill("n".repeat(300));
  await name.getByRole("button", { name: "Save name" }).click();
  await name.getByLabel("Name", { exact: true }).and(page.locator("[aria-invalid=true]")).waitFor();
  await name.getByLabel("Name", { exact: true }).fill("Ana de Lima");
  await name.getByRole("button", { name: "Save name" }).click();
  await page.getByRole("button", { name: "Ana de Lima" }).waitFor();
});

test("an account is looked after by keyboard alone", async (stage) => {
  const person = await Person.arrive(stage);
  const { page } = person;
  await page.locator(".rail-agent").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: "Your account" }).waitFor();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await person.sessions.first().waitFor();
  const begin = page.getByRole("button", { name: "Set up a second factor" });
  const isFocused = (/** @type {import("playwright-core").Locator} */ one) => one.evaluate((element) => element === document.activeElement);
  for (let presses = 0; !(await isFocused(begin)); presses += 1) {
    assert.ok(presses < 40, "the button is reached by the tabulator key");
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Enter");
  await eventually(() => isFocused(page.getByLabel("Your password")), { what: "focus in the password field" });
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await eventually(() => isFocused(page.getByRole("heading", { name: /^Scan this/ })), { what: "focus on the next step" });
  const secret = await page.locator("#second-factor-secret").innerText();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.type(oneTimePassword(secret));
  await page.keyboard.press("Enter");
  await eventually(() => isFocused(page.getByRole("heading", { name: "Keep your recovery codes" })), { what: "focus on the codes" });
  for (const _ of [1, 2, 3]) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByText("10 recovery codes are left").waitFor();
  await eventually(() => isFocused(page.getByRole("button", { name: "New recovery codes" })), { what: "focus back in the part" });
});

test("what an abandoned page fetches keeps no session alive", async (stage) => {
  const context = await stage.context({ viewport: { width: 1440, height: 900 } });
  const office = new Console(await context.newPage(), stage.manifest);
  const { page } = office;
  await page.clock.install();
  await office.signIn();
  await office.goTo("Failures");
  await page.getByText(/^Updated /).waitFor();
  const header = async () => {
    const request = page.waitForRequest((one) => one.postData()?.includes("authenticationFailures(") ?? false);
    await page.clock.runFor(11_000);
    return (await (await request).allHeaders())["x-signet-desk"];
  };
  assert.equal(await header(), "1");
  await page.clock.runFor(60_000);
  assert.equal(await header(), "background");
  await page.keyboard.press("Shift");
  assert.equal(await header(), "1", "somebody is back");
});

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  test(`the account page has no accessibility faults, ${colorScheme}`, async (stage) => {
    const person = await Person.arrive(stage, { name: "Wolfeschlegelsteinhausenbergerdorff ".repeat(3).trim(), browser: { colorScheme } });
    const { page } = person;
    await person.openAccount();
    await assertAccessible(page.mainFrame(), "the account");
    await page.setViewportSize({ width: 380, height: 844 });
    await assertAccessible(page.mainFrame(), "the account on a telephone");
    const isWider = await person.main.evaluate((main) => main.scrollWidth > main.clientWidth);
    assert.equal(isWider, false, "nothing is cut off at the side");
  });
}

test("D36 a page of the same host, to which the desk's cookie goes, changes nothing", async (stage) => {
  const person = await Person.arrive(stage);
  const { page } = person;
  // Another port of the same host is the same site: SameSite alone would let the cookie through.
  const body = JSON.stringify({ query: 'mutation { viewerUpdate(input: { name: "Mallory" }) { viewer { name } } }' });
  const address = stage.manifest.graphqlUrl;
  const form = `<form method="post" enctype="text/plain" action="${address}"><input name='${body.slice(0, -1)}, "x": "' value='"}'></form>`;
  const site = await serve({ "/": () => ({ body: `<!doctype html><title>Trap</title>${form}` }) });
  try {
    const trap = await page.context().newPage();
    await trap.goto(site.origin);
    const outcomes = await trap.evaluate(
      async ({ address, body }) => {
        const types = ["text/plain", "application/x-www-form-urlencoded", "application/json"];
        const tries = types.flatMap((type) => [{ type, mode: "no-cors" }, { type, mode: "cors" }]);
        return await Promise.all(
          tries.map(async ({ type, mode }) => {
            const headers = { "content-type": type, ...(mode === "cors" && { "x-signet-desk": "1" }) };
            const options = { method: "POST", credentials: "include", mode, headers, body };
            return await fetch(address, /** @type {RequestInit} */ (options)).then(
              (response) => response.type,
              () => "refused",
            );
          }),
        );
      },
      { address, body },
    );
    assert.equal(outcomes.filter((outcome) => outcome !== "opaque" && outcome !== "refused").length, 0, outcomes.join());
    const [answer] = await Promise.all([
      trap.waitForResponse((response) => response.url() === address && response.request().isNavigationRequest()),
      trap.evaluate(() => document.querySelector("form")?.submit()),
    ]);
    assert.equal(answer.status(), 415);
    await page.reload();
    const { viewer } = await graphql(page, "{ viewer { name } }");
    assert.equal(viewer.name, "Ana Lima");
  } finally {
    await site.close();
  }
});
