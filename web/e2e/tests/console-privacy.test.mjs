/** D38 for those who administrate: what is secret is shown once, or given once, and kept nowhere. */
import assert from "node:assert/strict";
import { Console } from "../harness/console.mjs";
import { PASSWORD, Person } from "../harness/person.mjs";
import { scene } from "../harness/stage.mjs";
import { claimsOf, makeVisitorToken } from "../harness/token.mjs";
import { findSecrets, readPage, recordRequests, tokenParts } from "../harness/traces.mjs";

const test = scene({ demo: ["--log", "trace"] });

test("D38 passwords, links, secrets and keys that pass through the console: not in storage, addresses, referrers, consoles or the log", async (stage) => {
  const context = await stage.context({ viewport: { width: 1440, height: 900 } });
  const requests = recordRequests(context);
  const office = new Console(await context.newPage(), stage.manifest);
  const { page } = office;
  const box = page.getByRole("dialog");
  const secrets = [stage.manifest.admin.password, "canary-wrong-password"];

  await page.goto(stage.manifest.consoleUrl);
  await page.getByLabel("Email", { exact: true }).fill(stage.manifest.admin.email);
  await page.getByLabel("Password", { exact: true }).fill("canary-wrong-password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").getByText(/do not match/).waitFor();
  await office.signIn();
  const cookies = await context.cookies();
  assert.ok(cookies.length > 0 && cookies.every(({ httpOnly, sameSite }) => httpOnly && sameSite === "Strict"));
  secrets.push(...cookies.map(({ value }) => value));

  await office.goTo("People");
  await page.getByRole("button", { name: "Invite somebody" }).click();
  const email = `canary-${process.pid}@example.org`;
  await box.getByLabel("Email").fill(email);
  await box.getByLabel("Name").fill("Canary Newcomer");
  await box.getByRole("button", { name: "Invite", exact: true }).click();
  const link = await box.locator("#shown-once").innerText();
  secrets.push(link.split("#")[1] ?? link);
  await box.getByRole("button", { name: "Done" }).click();

  await office.goTo("API clients");
  await page.getByRole("button", { name: "Register a program" }).click();
  await box.getByLabel("Name").fill("Canary program");
  await box.getByRole("checkbox", { name: /projects:read/ }).setChecked(true, { force: true });
  await box.getByRole("button", { name: "Register" }).click();
  secrets.push(await box.locator("#shown-once").innerText());
  await box.getByRole("button", { name: "Done" }).click();

  const token = makeVisitorToken(claimsOf("canary-person", { firstName: "Canary" }), stage.manifest);
  await office.goTo("Token Doctor");
  await office.token.fill(token);
  await page.getByRole("button", { name: "Inspect token" }).click();
  await office.main.getByRole("heading", { name: "This token is accepted" }).waitFor();
  secrets.push(...tokenParts(token), "canary-person");

  await office.goTo("Signing keys");
  await page.getByRole("button", { name: "Add a key" }).click();
  await page.getByLabel("Public key", { exact: true }).fill(stage.manifest.customerPrivateKeyPem);
  await page.getByRole("button", { name: "Register key" }).click();
  await page.getByText("This is a private key.").waitFor();
  secrets.push(...stage.manifest.customerPrivateKeyPem.split("\n").filter((line) => line.length > 40));

  // The newcomer's side: a password, a second factor and its recovery codes, in the same browser.
  await office.goTo("People");
  const newcomer = await context.newPage();
  const person = new Person(newcomer, email);
  await newcomer.goto(link);
  await person.choosePassword(PASSWORD);
  await newcomer.getByRole("list", { name: "Conversations" }).waitFor();
  await person.openAccount();
  const { secret } = await person.setUpSecondFactor();
  secrets.push(PASSWORD, secret.replaceAll(" ", ""), secret);
  await newcomer.goto(stage.manifest.deskUrl);
  await newcomer.getByRole("list", { name: "Conversations" }).waitFor();
  secrets.push(...(await context.cookies()).map(({ value }) => value));

  assert.ok(secrets.length > 12 && secrets.every((one) => one.length >= 10), "there is something to look for");
  for (const [name, tab] of /** @type {const} */ ([["console", page], ["desk", newcomer]])) {
    const kept = Object.entries(await readPage(tab)).filter(([place]) => !place.endsWith(" document"));
    assert.ok(kept.length > 0);
    assert.deepEqual(findSecrets(Object.fromEntries(kept), secrets), [], `in the ${name}'s storage`);
  }
  // The demo prints its own passwords when it starts; what is logged begins with a time.
  const lines = stage.signet.log.split("\n").filter((line) => /^\d{4}-/.test(line));
  assert.ok(lines.length > 20, "there is a log to search");
  const searched = { console: stage.console.join("\n"), log: lines.join("\n") };
  assert.deepEqual(findSecrets(requests, [...secrets, "canary"]), [], "in addresses and referrers");
  assert.deepEqual(findSecrets(searched, [...secrets, "canary", "Canary"]), [], "in consoles and the server's log");
});
