/** The desk, used as agents do. */

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("./server.mjs").Manifest} Manifest */

export class Desk {
  /**
   * @param {Page} page
   * @param {Manifest} manifest
   */
  constructor(page, manifest) {
    this.page = page;
    this.manifest = manifest;
    this.list = page.getByRole("list", { name: "Conversations" });
    this.log = page.getByRole("log", { name: "Conversation" });
    this.field = page.getByRole("textbox", { name: "Reply" });
  }

  async visit() {
    await this.page.goto(this.manifest.deskUrl);
  }

  /** @param {number} [index] which of the demo's agents */
  async signIn(index = 0) {
    const agent = this.manifest.agents[index];
    if (!agent) throw new Error(`the demo has no agent ${index}`);
    await this.page.getByLabel("Email", { exact: true }).fill(agent.email);
    await this.page.getByLabel("Password", { exact: true }).fill(agent.password);
    await this.page.getByRole("button", { name: "Sign in" }).click();
    await this.list.waitFor();
  }

  /**
   * The list's row whose preview shows a text.
   * @param {string} text
   */
  row(text) {
    return this.list.getByRole("link").filter({ hasText: text });
  }

  /**
   * Opens the conversation whose newest message is this text.
   * @param {string} text
   */
  async open(text) {
    await this.row(text).click();
    await this.see(text);
  }

  /** @param {string} text */
  async reply(text) {
    await this.field.fill(text);
    await this.page.getByRole("button", { name: "Send" }).click();
    await this.see(text);
  }

  /** Closes the open conversation. */
  async close() {
    await this.page.getByRole("button", { name: "Close conversation" }).click();
    await this.page.getByRole("alertdialog").getByRole("button", { name: "Close conversation" }).click();
  }

  /** @param {string} text */
  async see(text) {
    await this.log.getByText(text, { exact: true }).waitFor();
  }

  /**
   * The padlock of the open conversation, by its words.
   * @param {string | RegExp} words
   */
  padlock(words) {
    return this.page.getByRole("main").getByRole("img", { name: words, exact: typeof words === "string" });
  }

  /**
   * The mark, in words, of the messages among which a text stands.
   * @param {string} text
   * @param {"Verified" | "Not verified" | "Claimed, not verified"} words
   */
  mark(text, words) {
    return this.#run(text).getByRole("button", { name: words, exact: true });
  }

  /**
   * The name above the messages among which a text stands.
   * @param {string} text
   * @param {string} name
   */
  author(text, name) {
    return this.#run(text).locator("header").getByText(name, { exact: true });
  }

  /** @param {string} text */
  #run(text) {
    return this.log.locator("section").filter({ has: this.page.getByText(text, { exact: true }) });
  }
}
