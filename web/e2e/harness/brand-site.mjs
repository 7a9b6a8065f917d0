/** A brand's own site in small, for pages other than the demo shop's: a page with the tag, and who is signed in there. */
import assert from "node:assert/strict";
import { brandPage } from "./brand.mjs";
import { serve } from "./site.mjs";
import { claimsOf, makeVisitorToken } from "./token.mjs";
import { Widget } from "./widget.mjs";

/** @typedef {import("playwright-core").BrowserContext} BrowserContext */
/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("./stage.mjs").Stage} Stage */

/**
 * Opens a brand's page with these scripts while `body` uses it. Fails if the page's policy, which names Signet's host in
 * `script-src` and `frame-src` alone, stood in the way of anything.
 * @param {Stage} stage
 * @param {{scripts?: string[], token?: () => string, holdTag?: boolean}} options `holdTag`: the tag loads when `loadTag` is called
 * @param {(site: {page: Page, chat: Widget, printed: string[], loadTag: () => void}) => Promise<void>} body `printed` is what the page logs, as text
 */
export async function onBrandPage(stage, { scripts = [], token = () => "", holdTag = false }, body) {
  const site = await serve({
    "/": () => brandPage(stage.manifest, scripts),
    "/token": () => ({ type: "text/plain", body: token() }),
  });
  try {
    const page = await (await stage.context()).newPage();
    /** @type {string[]} */
    const printed = [];
    page.on("console", (message) => message.type() === "log" && printed.push(message.text()));
    const loadTag = holdTag ? await holdScript(page) : () => {};
    // The page's load event comes after the tag.
    await page.goto(site.origin, { waitUntil: holdTag ? "commit" : "load" });
    await body({ page, chat: new Widget(page, stage.manifest.platformUrl), printed, loadTag });
    const refused = stage.console.filter((line) => /content.security.policy/i.test(line));
    assert.deepEqual(refused, [], "the page's policy allows all that is needed");
  } finally {
    await site.close();
  }
}

/**
 * Keeps the tag from loading. Gives what lets it go.
 * @param {Page} page
 */
async function holdScript(page) {
  /** @type {() => void} */
  let release = () => {};
  const released = new Promise((resolve) => (release = () => resolve(undefined)));
  await page.route("**/iadvize.js", async (route) => {
    await released;
    await route.continue();
  });
  return release;
}

/** A single-page site: a guest at first, whoever the brand's own cookie names after a sign-in. */
const SINGLE_PAGE = `
const provider = async () => {
  const token = await fetchToken();
  return { authenticationOption: token ? { type: 'SECURED_AUTHENTICATION', token } : { type: 'ANONYMOUS' } };
};
const withTag = (action) => new Promise((resolve) => iAdvizeInterface.push(async (iAdvize) => resolve(await action(iAdvize))));
const events = [];
iAdvizeInterface.push((iAdvize) => {
  for (const event of ['authentication:expired', 'authentication:logout', 'visitor:assuranceChange']) {
    iAdvize.on(event, (value) => events.push({ event, value, at: Date.now() }));
  }
});
const activated = withTag((iAdvize) => iAdvize.activate(provider));
const signIn = () => withTag((iAdvize) => iAdvize.activate(provider));
const signOut = () => withTag((iAdvize) => iAdvize.logout());
Object.assign(window, { activated, signIn, signOut, events });`;

/** One browser on a brand's single-page site. */
export class Device {
  /** Whom the brand's cookie names in this browser; nobody when `null`. @type {string | null} */
  userId = null;
  /** What the brand's tokens say of them. @type {Record<string, string> | undefined} */
  visitorData;
  #context;
  #origin;
  #stage;

  /**
   * @param {Stage} stage
   * @param {BrowserContext} context
   * @param {string} origin
   */
  constructor(stage, context, origin) {
    this.#stage = stage;
    this.#context = context;
    this.#origin = origin;
  }

  /**
   * A browser, whose `/token` answers for the person signed in there.
   * @param {Stage} stage
   * @param {string} origin the site's
   * @param {Device} [same] the same browser, on another of the brand's sites, which knows the same people
   */
  static async create(stage, origin, same) {
    const context = same ? same.#context : await stage.context();
    const device = new Device(stage, context, origin);
    if (same) device.userId = same.userId;
    await context.route(`${origin}/token`, (route) => {
      const { userId } = device;
      return route.fulfill({ body: userId === null ? "" : makeVisitorToken(claimsOf(userId, device.visitorData), stage.manifest) });
    });
    return device;
  }

  /** Opens the site in a new tab and waits for its activation. */
  async tab() {
    const tab = new Tab(this, await this.#context.newPage(), this.#stage.manifest.platformUrl);
    await tab.visit(this.#origin);
    return tab;
  }
}

/** A tab of a {@link Device}. */
export class Tab {
  #device;

  /**
   * @param {Device} device
   * @param {Page} page
   * @param {string} platformUrl
   */
  constructor(device, page, platformUrl) {
    this.#device = device;
    this.page = page;
    this.chat = new Widget(page, platformUrl);
  }

  /** @param {string} address */
  async visit(address) {
    await this.page.goto(address);
    await this.#succeeds("activated");
  }

  /** Loads the page anew, which asks the brand anew who is there. */
  async reload() {
    await this.page.reload();
    await this.#succeeds("activated");
  }

  /**
   * The visitor signs in at the brand without leaving the page.
   * @param {string} userId
   */
  async signIn(userId) {
    this.#device.userId = userId;
    await this.#succeeds("signIn");
  }

  /** The visitor signs out at the brand, which tells the tag. Gives the moment of the click, in milliseconds. */
  async signOut() {
    this.#device.userId = null;
    return this.page.evaluate(async () => {
      const start = Date.now();
      await /** @type {any} */ (window).signOut();
      return start;
    });
  }

  /** The page goes on for a guest, as after a sign-out. */
  async goOnAsGuest() {
    await this.#succeeds("signIn");
  }

  /**
   * What this tab was told of by an event, and when, in milliseconds.
   * @param {"authentication:expired" | "authentication:logout" | "visitor:assuranceChange"} event
   * @returns {Promise<{value: unknown, at: number}[]>}
   */
  async told(event) {
    /** @type {{event: string, value: unknown, at: number}[]} */
    const events = await this.page.evaluate("events");
    return events.filter((one) => one.event === event);
  }

  /** @param {"activated" | "signIn"} name */
  async #succeeds(name) {
    const { authentication } = await this.page.evaluate((member) => {
      const held = /** @type {any} */ (window)[member];
      return typeof held === "function" ? held() : held;
    }, name);
    assert.equal(authentication.status, "authentication-success", authentication.reason);
  }
}

/**
 * Runs a single-page site while `body` opens browsers on it.
 * @param {Stage} stage
 * @param {(site: {device: (same?: Device) => Promise<Device>}) => Promise<void>} body
 */
export async function onSinglePageSite(stage, body) {
  const site = await serve({ "/": () => brandPage(stage.manifest, [SINGLE_PAGE]) });
  try {
    await body({ device: (same) => Device.create(stage, site.origin, same) });
  } finally {
    await site.close();
  }
}
