/**
 * Walks shop, chat, desk and console and keeps pictures of them for people to look at, in `web/test-results/screenshots`:
 * light, dark, and on a telephone. Not a test.
 */
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { launch } from "./harness/browser.mjs";
import { Console } from "./harness/console.mjs";
import { Desk } from "./harness/desk.mjs";
import { Person } from "./harness/person.mjs";
import { Signet } from "./harness/server.mjs";
import { Stage } from "./harness/stage.mjs";
import { Shop } from "./harness/shop.mjs";
import { claimsOf, makeVisitorToken } from "./harness/token.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").BrowserContextOptions} BrowserContextOptions */

const FOLDER = resolve(import.meta.dirname, "../test-results/screenshots");

/** @type {Record<string, BrowserContextOptions>} */
const LOOKS = {
  light: { colorScheme: "light", viewport: { width: 1440, height: 900 } },
  dark: { colorScheme: "dark", viewport: { width: 1440, height: 900 } },
  mobile: { colorScheme: "light", viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
};

/** One for each walk, so that the desk's list tells them apart. */
const QUESTIONS = [
  "Does the brass lamp come with a longer cord?",
  "Can the brass lamp be had with a longer cord?",
  "How long is the cord of the brass lamp?",
];

/** @param {Page} page @param {string} name */
async function picture(page, name) {
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: resolve(FOLDER, `${name}.png`), animations: "disabled" });
  process.stdout.write(`${name}.png\n`);
}

/**
 * One visitor and one agent, from the first question to the sign-out.
 * @param {Stage} stage
 * @param {string} look
 * @param {BrowserContextOptions} options
 * @param {number} customer
 */
async function walk(stage, look, options, customer) {
  const shop = new Shop(await (await stage.context(options)).newPage(), stage.manifest);
  const desk = new Desk(await (await stage.context(options)).newPage(), stage.manifest);
  const { chat } = shop;
  const question = QUESTIONS[customer] ?? "";

  await shop.visit();
  await chat.launcher.waitFor();
  await picture(shop.page, `${look}-shop-catalogue`);
  await chat.open();
  await picture(shop.page, `${look}-chat-empty`);
  await chat.send(question);
  await picture(shop.page, `${look}-chat-anonymous`);

  await desk.visit();
  await desk.page.getByRole("button", { name: "Sign in" }).waitFor();
  await picture(desk.page, `${look}-desk-sign-in`);
  await desk.signIn();
  await desk.row(question).waitFor();
  await picture(desk.page, `${look}-desk-inbox`);
  await desk.open(question);
  await picture(desk.page, `${look}-desk-not-verified`);
  await desk.reply("It is two metres, or three on request. Is it for the order you placed on Monday?");

  await shop.visit("/login");
  await picture(shop.page, `${look}-shop-sign-in`);
  await shop.signIn(customer);
  await chat.open();
  await chat.log.getByText("You are now signed in").waitFor();
  await chat.send("Yes, that one. Could you add the longer cord to it?");
  await desk.see("Yes, that one. Could you add the longer cord to it?");
  await desk.padlock(/^Verified/).waitFor();
  await desk.reply("Gladly. Now that I can see it is you, I have changed your order.");
  await chat.see("Gladly. Now that I can see it is you, I have changed your order.");
  await picture(shop.page, `${look}-chat-signed-in`);
  await picture(desk.page, `${look}-desk-verified`);
  await shop.visit("/account");
  await picture(shop.page, `${look}-shop-account`);

  await shop.signOut();
  await desk.padlock(/^Identity no longer verified/).waitFor();
  await picture(desk.page, `${look}-desk-no-longer-verified`);
}

/**
 * One administrator, with tokens that are right and wrong and a feed with something in it.
 * @param {Stage} stage
 * @param {string} look
 * @param {BrowserContextOptions} options
 */
async function walkConsole(stage, look, options) {
  const office = new Console(await (await stage.context(options)).newPage(), stage.manifest);
  const claims = claimsOf("brand-9001", { firstName: "Jane", city: "Lyon" });
  const wrong = { ...claims, exp: Date.now() };
  await refuse(stage, [makeVisitorToken(wrong, stage.manifest), "not a token", "undefined"]);

  await office.signIn();
  await office.goTo("Token Doctor");
  await picture(office.page, `${look}-console-doctor`);
  await office.inspect(makeVisitorToken(wrong, stage.manifest), "The exp claim is in milliseconds");
  await picture(office.page, `${look}-console-finding`);
  await office.inspect(makeVisitorToken(claims, stage.manifest), "This token is accepted");
  await picture(office.page, `${look}-console-accepted`);
  await office.goTo("Failures");
  await office.failures.first().waitFor();
  await picture(office.page, `${look}-console-failures`);
  await office.failures.first().getByRole("button").first().click();
  await picture(office.page, `${look}-console-failure`);
}

/**
 * Somebody's own account, and the pages about people, programs and events.
 * @param {Stage} stage
 * @param {string} look
 * @param {BrowserContextOptions} options
 */
async function walkAccess(stage, look, options) {
  const person = await Person.arrive(stage, { name: "Ana Lima", browser: options });
  await person.page.goto(new URL("/desk/account", stage.manifest.platformUrl).href);
  await person.sessions.first().waitFor();
  await picture(person.page, `${look}-account`);
  const { part } = await person.setUpSecondFactor();
  await part.scrollIntoViewIfNeeded();
  await picture(person.page, `${look}-account-second-factor`);

  const office = new Console(await (await stage.context(options)).newPage(), stage.manifest);
  await office.signIn();
  for (const [name, word] of [["People", "people"], ["Groups", "groups"], ["API clients", "clients"], ["Audit log", "audit"]]) {
    await office.goTo(name ?? "");
    await office.page.getByRole("heading", { level: 1, name: name ?? "" }).waitFor();
    await office.main.locator(".skeleton").waitFor({ state: "detached" });
    await picture(office.page, `${look}-console-${word}`);
  }
}

/**
 * Tries to activate with tokens, as a page would.
 * @param {Stage} stage
 * @param {string[]} tokens
 */
async function refuse({ manifest: { platformUrl, projectId } }, tokens) {
  for (const token of tokens) {
    await fetch(new URL("/visitor/v1/activate", platformUrl), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ projectId, authenticationOption: { type: "SECURED_AUTHENTICATION", token } }),
    });
  }
}

await mkdir(FOLDER, { recursive: true });
const signet = await Signet.start();
const browser = await launch();
const stage = new Stage(signet, browser);
try {
  for (const [index, [look, options]] of Object.entries(LOOKS).entries()) {
    await walk(stage, look, options, index);
    await walkConsole(stage, look, options);
    await walkAccess(stage, look, options);
  }
} catch (error) {
  await stage.keep("screenshots");
  throw error;
} finally {
  await stage.close();
  await browser.close();
  await signet.dispose();
}
