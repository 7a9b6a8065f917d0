/** The demo shop, used as its customers do. */
import { Widget } from "./widget.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("./server.mjs").Manifest} Manifest */

export class Shop {
  /**
   * @param {Page} page
   * @param {Manifest} manifest
   */
  constructor(page, manifest) {
    this.page = page;
    this.manifest = manifest;
    this.chat = new Widget(page, manifest.platformUrl);
  }

  /** @param {"/" | "/account" | "/login"} [path] */
  async visit(path = "/") {
    await this.page.goto(new URL(path, this.manifest.shopUrl).href);
  }

  /**
   * Signs in as one of the shop's customers.
   * @param {number} [index] which of them
   */
  async signIn(index = 0) {
    const user = this.customer(index);
    await this.visit("/login");
    await this.page.getByLabel("Login", { exact: true }).fill(user.login);
    await this.page.getByLabel("Password", { exact: true }).fill(user.password);
    await this.page.getByRole("button", { name: "Sign in" }).click();
    await this.page.getByRole("button", { name: "Sign out" }).waitFor();
  }

  async signOut() {
    await this.page.getByRole("button", { name: "Sign out" }).click();
    await this.page.getByRole("button", { name: "Sign out" }).waitFor({ state: "detached" });
  }

  /** @param {number} index */
  customer(index) {
    const user = this.manifest.shopUsers[index];
    if (!user) throw new Error(`the demo shop has no customer ${index}`);
    return user;
  }
}
