/** The console, used as administrators do. */

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").Locator} Locator */
/** @typedef {import("./openssl.mjs").Keyring} Keyring */
/** @typedef {import("./server.mjs").Manifest} Manifest */

export class Console {
  /**
   * @param {Page} page
   * @param {Manifest} manifest
   */
  constructor(page, manifest) {
    this.page = page;
    this.manifest = manifest;
    this.main = page.getByRole("main");
    this.token = page.getByLabel("Visitor token", { exact: true });
    this.failures = page.getByRole("region", { name: "Failures, newest first" }).getByRole("listitem");
  }

  /** @param {{email: string, password: string}} [person] */
  async signIn({ email, password } = this.manifest.admin) {
    await this.page.goto(this.manifest.consoleUrl);
    await this.page.getByLabel("Email", { exact: true }).fill(email);
    const secret = this.page.getByLabel("Password", { exact: true });
    await secret.fill(password);
    await this.page.getByRole("button", { name: "Sign in" }).click();
    await secret.waitFor({ state: "detached" });
    await this.main.getByRole("heading", { level: 1 }).waitFor();
  }

  /**
   * Follows the navigation, which small screens keep behind a button.
   * @param {string} name of the page
   */
  async goTo(name) {
    const menu = this.page.getByRole("button", { name: "Pages", exact: true });
    if (await menu.isVisible()) await menu.click();
    await this.page.getByRole("navigation", { name: "Console" }).getByRole("link", { name }).click();
  }

  /** @param {string} name of the page's heading */
  async see(name) {
    await this.main.getByRole("heading", { level: 1, name, exact: true }).waitFor();
  }

  /**
   * Opens an address of the console.
   * @param {string} path such as `/admin/keys?project=shop`
   */
  async open(path) {
    await this.page.goto(new URL(path, this.manifest.platformUrl).href);
    await this.main.getByRole("heading", { level: 1 }).waitFor();
  }

  /**
   * A signing key's card.
   * @param {string} name
   */
  key(name) {
    return this.main.getByRole("article", { name, exact: true });
  }

  /**
   * Registers a public key under an id.
   * @param {string} text PEM or JWK
   * @param {string} [keyId] unless the JWK has one
   */
  async registerKey(text, keyId) {
    await this.page.getByRole("button", { name: "Add a key" }).click();
    await this.page.getByLabel("Public key", { exact: true }).fill(text);
    if (keyId !== undefined) await this.page.getByLabel("Key id", { exact: true }).fill(keyId);
    await this.page.getByRole("button", { name: "Register key" }).click();
  }

  /**
   * Answers the challenge of a card by running the command that it prints.
   * @param {Locator} card
   * @param {Keyring} keyring with `privateKey.pem`
   */
  async prove(card, keyring) {
    const command = await card.getByRole("group", { name: "the openssl command" }).innerText();
    await card.getByLabel("Signature", { exact: true }).fill(await keyring.shell(command));
    await card.getByRole("button", { name: "Prove" }).click();
  }

  /** Whether something is cut off at the side of the page. */
  isCutOff() {
    return this.main.evaluate((main) => main.scrollWidth > main.clientWidth);
  }

  /**
   * The words of a field's fault.
   * @param {string} label
   */
  async fault(label) {
    const field = this.page.getByLabel(label, { exact: true });
    const ids = (await field.getAttribute("aria-describedby")) ?? "";
    const texts = await Promise.all(ids.split(" ").map((id) => this.page.locator(`[id="${id}"].field-error`).allInnerTexts()));
    return texts.flat().join(" ");
  }

  /** The names of the pages that the navigation offers. */
  async pages() {
    const links = this.page.getByRole("navigation", { name: "Console" }).getByRole("link");
    return (await links.allInnerTexts()).map((text) => text.trim());
  }

  /**
   * Pastes a token into the Token Doctor and waits for what it says.
   * @param {string} token
   * @param {string} title of the finding
   */
  async inspect(token, title) {
    await this.token.fill(token);
    await this.page.getByRole("button", { name: "Inspect token" }).click();
    await this.main.getByRole("heading", { level: 2, name: title, exact: true }).waitFor();
  }

  /**
   * The value of a fact in a region of the page.
   * @param {string | RegExp} region
   * @param {string} name
   */
  async fact(region, name) {
    const row = this.main.getByRole("region", { name: region }).locator("dl > div");
    return row.filter({ has: this.page.getByText(name, { exact: true }) }).getByRole("definition").innerText();
  }

  /**
   * A step of the inspection, such as `Signature`.
   * @param {string} name
   */
  step(name) {
    const heading = this.page.getByRole("heading", { level: 3, name, exact: true });
    return this.main.getByRole("region", { name: "Step by step" }).getByRole("listitem").filter({ has: heading });
  }

  /** @param {string} correlationId */
  async find(correlationId) {
    await this.page.getByLabel("Correlation id", { exact: true }).fill(correlationId);
    await this.page.getByRole("button", { name: "Find" }).click();
  }
}
