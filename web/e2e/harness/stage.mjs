/**
 * A file of browser tests: one server, one browser, and for each test people with browser contexts of their own. When a
 * test fails, a picture of every open page, what the browser said and the server's log are kept in `web/test-results/failures`.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { after, before, test } from "node:test";
import { launch } from "./browser.mjs";
import { Console } from "./console.mjs";
import { Desk } from "./desk.mjs";
import { Signet } from "./server.mjs";
import { Shop } from "./shop.mjs";
import { eventually } from "./wait.mjs";

/** @typedef {import("playwright-core").Browser} Browser */
/** @typedef {import("playwright-core").BrowserContext} BrowserContext */
/** @typedef {import("playwright-core").BrowserContextOptions} BrowserContextOptions */

const RESULTS = resolve(import.meta.dirname, "../../test-results/failures");
const PATIENCE = 20_000;

/**
 * A server that a file of tests runs against.
 * @typedef {object} Server
 * @property {import("./server.mjs").Manifest} manifest
 * @property {string} log
 * @property {() => Promise<void>} dispose
 */

/** What a test has to work with. */
export class Stage {
  /** @type {BrowserContext[]} */
  #contexts = [];
  /** @type {string[]} */
  #lines = [];
  #browser;

  /**
   * @param {Signet} signet
   * @param {Browser} browser
   */
  constructor(signet, browser) {
    this.signet = signet;
    this.#browser = browser;
  }

  get manifest() {
    return this.signet.manifest;
  }

  /** What pages wrote to their consoles and threw. */
  get console() {
    return this.#lines;
  }

  /**
   * A browser of somebody's own: nothing shared with other contexts.
   * @param {BrowserContextOptions} [options]
   */
  async context(options = {}) {
    const context = await this.#browser.newContext({ locale: "en-GB", timezoneId: "Europe/Paris", reducedMotion: "reduce", ...options });
    context.setDefaultTimeout(PATIENCE);
    context.on("console", (message) => this.#lines.push(`${message.type()} ${message.text()} (${message.location().url})`));
    context.on("weberror", (error) => this.#lines.push(`uncaught ${error.error().stack ?? error.error().message}`));
    this.#contexts.push(context);
    return context;
  }

  /**
   * A visitor in the shop.
   * @param {BrowserContextOptions} [options]
   */
  async visitor(options) {
    const page = await (await this.context(options)).newPage();
    const shop = new Shop(page, this.manifest);
    await shop.visit();
    return shop;
  }

  /**
   * A second tab of a visitor's browser.
   * @param {Shop} shop
   */
  async sameBrowser(shop) {
    const tab = new Shop(await shop.page.context().newPage(), this.manifest);
    await tab.visit();
    await eventually(() => tab.chat.isVisible(), { what: "the chat in the second tab" });
    return tab;
  }

  /**
   * An agent, signed in at the desk.
   * @param {BrowserContextOptions} [options]
   */
  async agent(options) {
    const page = await (await this.context({ viewport: { width: 1440, height: 900 }, ...options })).newPage();
    const desk = new Desk(page, this.manifest);
    await desk.visit();
    await desk.signIn();
    return desk;
  }

  /** A page on which the demo's owner is signed in, to set things up. */
  async owner() {
    const office = new Console(await (await this.context()).newPage(), this.manifest);
    await office.signIn();
    await office.page.getByRole("navigation", { name: "Console" }).waitFor();
    return office.page;
  }

  /**
   * Keeps what helps to understand a failure.
   * @param {string} name of the test
   */
  async keep(name) {
    const folder = resolve(RESULTS, name.replace(/[^a-z0-9]+/gi, "-").slice(0, 80));
    await mkdir(folder, { recursive: true });
    const pages = this.#contexts.flatMap((context) => context.pages());
    for (const [index, page] of pages.entries()) {
      await page.screenshot({ path: resolve(folder, `page-${index + 1}.png`) }).catch(() => undefined);
    }
    await writeFile(resolve(folder, "console.txt"), this.#lines.join("\n"));
    await writeFile(resolve(folder, "server.log"), this.signet.log);
  }

  async close() {
    for (const context of this.#contexts) await context.close();
  }
}

/**
 * Sets a file up: starts the server before its first test and stops it after the last. Gives a function to write tests
 * with, which hands each a {@link Stage}.
 * @param {{demo?: string[], browser?: string[], start?: () => Promise<Server>}} [options] further options of `signet demo` and
 * of Chromium; or another server instead of the demo
 */
export function scene({ demo = [], browser: flags = [], start = () => Signet.start(...demo) } = {}) {
  /** @type {Server | undefined} */
  let signet;
  /** @type {Browser | undefined} */
  let browser;
  before(async () => {
    signet = await start();
    browser = await launch(...flags);
  });
  after(async () => {
    await browser?.close();
    await signet?.dispose();
  });
  /**
   * @param {string} name
   * @param {(stage: Stage) => Promise<void>} body
   */
  return (name, body) =>
    test(name, async () => {
      if (!signet || !browser) throw new Error("the server or the browser did not start");
      // What stops and starts the server is written for the demo's.
      const stage = new Stage(/** @type {Signet} */ (signet), browser);
      try {
        await body(stage);
      } catch (error) {
        await stage.keep(name);
        throw error;
      } finally {
        await stage.close();
      }
    });
}
