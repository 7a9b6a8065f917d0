/** Somebody at the desk whom a test brought there, looking after their account. */
import { eventually } from "./wait.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("./stage.mjs").Stage} Stage */
/** @typedef {import("playwright-core").BrowserContextOptions} BrowserContextOptions */
/** @typedef {"OWNER" | "ADMINISTRATOR" | "SUPERVISOR" | "AGENT" | "AUDITOR"} Role */

/** Long enough, and nobody's first guess. */
export const PASSWORD = "three geese under a walnut tree";

let count = 0;

/**
 * Runs a GraphQL operation as whoever is signed in on a page.
 * @param {Page} page
 * @param {string} query
 * @param {object} [variables]
 */
export async function graphql(page, query, variables = {}) {
  const body = await page.evaluate(
    async (request) => {
      const headers = { "content-type": "application/json", "x-signet-desk": "1" };
      const response = await fetch("/graphql", { method: "POST", headers, body: JSON.stringify(request) });
      return await response.json();
    },
    { query, variables },
  );
  if (body.errors) throw new Error(JSON.stringify(body.errors));
  return body.data;
}

/**
 * Invites somebody new, as an owner who is signed in on a page.
 * @param {Page} page
 * @param {{projectId: string, role: Role, name?: string}} options
 */
export async function invite(page, { projectId, role, name = "Ana Lima" }) {
  count += 1;
  const email = `person-${process.pid}-${count}@example.org`;
  const mutation = `mutation($input: UserInviteInput!) { userInvite(input: $input) { user { id } invitationUrl userErrors { message } } }`;
  const { userInvite } = await graphql(page, mutation, { input: { projectId, email, name, role } });
  return { email, id: /** @type {string} */ (userInvite.user.id), link: /** @type {string} */ (userInvite.invitationUrl) };
}

export class Person {
  /**
   * @param {Page} page
   * @param {string} email
   */
  constructor(page, email) {
    this.page = page;
    this.email = email;
    this.password = PASSWORD;
    this.main = page.getByRole("main");
    this.sessions = page.getByRole("list", { name: "Sessions" }).getByRole("listitem");
  }

  /**
   * Somebody new, who followed their link in a browser of their own.
   * @param {Stage} stage
   * @param {{role?: Role, name?: string, browser?: BrowserContextOptions}} [options]
   */
  static async arrive(stage, { role = "AGENT", name = "Ana Lima", browser } = {}) {
    const office = await stage.owner();
    const { email, link } = await invite(office, { projectId: stage.manifest.projectId, role, name });
    const page = await (await stage.context({ viewport: { width: 1440, height: 900 }, ...browser })).newPage();
    const person = new Person(page, email);
    await page.goto(link);
    await person.choosePassword(PASSWORD);
    await page.getByRole("list", { name: "Conversations" }).waitFor();
    return person;
  }

  /** @param {string} password */
  async choosePassword(password) {
    await this.page.getByLabel("Password", { exact: true }).fill(password);
    await this.page.getByRole("button", { name: "Set password and sign in" }).click();
  }

  /** Fills the sign-in page in and sends it. */
  async signIn({ password = this.password } = {}) {
    await this.page.getByLabel("Email", { exact: true }).fill(this.email);
    await this.page.getByLabel("Password", { exact: true }).fill(password);
    await this.page.getByRole("button", { name: "Sign in" }).click();
  }

  /** @param {string} code */
  async enterCode(code) {
    await this.page.getByLabel("Code", { exact: true }).fill(code);
    await this.page.getByRole("button", { name: "Sign in" }).click();
  }

  /** Waits until they are signed in, wherever they were before. */
  async isIn() {
    await this.page.locator(".rail-agent").waitFor();
  }

  /** The desk's menu with one's name. @param {string} item */
  async choose(item) {
    await this.page.locator(".rail-agent").click();
    await this.page.getByRole("menuitem", { name: item, exact: true }).click();
  }

  async openAccount() {
    await this.choose("Your account");
    await this.sessions.first().waitFor();
  }

  async signOut() {
    await this.choose("Sign out");
    await this.page.getByRole("button", { name: "Sign in" }).waitFor();
  }

  /**
   * A part of the account page.
   * @param {"You" | "Password" | "Second factor" | "Where you are signed in"} name
   */
  part(name) {
    return this.main.getByRole("region", { name, exact: true });
  }

  /** Sets a second factor up. Gives its secret and the recovery codes. */
  async setUpSecondFactor() {
    const part = this.part("Second factor");
    await part.getByRole("button", { name: "Set up a second factor" }).click();
    await part.getByLabel("Your password").fill(this.password);
    await part.getByRole("button", { name: "Go on" }).click();
    const secret = await part.locator("#second-factor-secret").innerText();
    return { part, secret };
  }

  /** The recovery codes that are shown. */
  async recoveryCodes() {
    const list = this.page.getByRole("list", { name: "Recovery codes" }).getByRole("listitem");
    await eventually(async () => (await list.count()) === 10, { what: "ten recovery codes" });
    return await list.allInnerTexts();
  }
}
