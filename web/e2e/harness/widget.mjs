/** The chat on a page, used as people use it: by its accessible names (PRODUCT.md section 6). */
import { eventually } from "./wait.mjs";

/** @typedef {import("playwright-core").Page} Page */

export class Widget {
  /**
   * @param {Page} page the page that embeds the chat
   * @param {string} platformUrl
   */
  constructor(page, platformUrl) {
    this.page = page;
    this.origin = new URL(platformUrl).origin;
    this.root = page.frameLocator(`iframe[src^="${this.origin}/"]`);
    this.launcher = this.root.getByRole("button", { name: "Open chat" });
    this.dialog = this.root.getByRole("dialog", { name: "Chat" });
    this.log = this.root.getByRole("log", { name: "Conversation" });
    this.field = this.root.getByRole("textbox", { name: "Your message" });
    this.sendButton = this.root.getByRole("button", { name: "Send" });
  }

  /** Opens the chat, if it is not open, as soon as it is there. */
  async open() {
    await this.launcher.or(this.dialog).first().waitFor();
    if (await this.launcher.isVisible()) await this.launcher.click();
    await this.dialog.waitFor();
  }

  /**
   * Writes and sends, and waits until the server has the message.
   * @param {string} text
   */
  async send(text) {
    await this.write(text);
    await this.settled();
  }

  /**
   * Writes and presses "Send".
   * @param {string} text
   */
  async write(text) {
    await this.field.fill(text);
    await this.sendButton.click();
    await this.see(text);
  }

  /** Waits until no message is on its way any more. */
  async settled() {
    await eventually(async () => (await this.log.getByText(/^(Sending…|Will be sent when)/).count()) === 0, {
      what: "the server to have every message",
    });
  }

  /** @param {string} text */
  async see(text) {
    await this.log.getByText(text, { exact: true }).waitFor();
  }

  /** The frame itself, to look at what people cannot see. */
  async frame() {
    return eventually(
      () => this.page.frames().find((frame) => frame.url().startsWith(`${this.origin}/`)),
      { what: "the chat's frame" },
    );
  }

  /** Whether anything of the chat can be seen. */
  async isVisible() {
    return (await this.launcher.isVisible()) || (await this.dialog.isVisible());
  }
}
