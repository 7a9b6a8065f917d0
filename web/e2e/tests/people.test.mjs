/** The console's pages about people, groups, programs, and what all of them did. */
import assert from "node:assert/strict";
import { assertAccessible } from "../harness/axe.mjs";
import { Console } from "../harness/console.mjs";
import { graphql, invite, PASSWORD, Person } from "../harness/person.mjs";
import { scene } from "../harness/stage.mjs";
import { eventually } from "../harness/wait.mjs";

/** @typedef {import("../harness/stage.mjs").Stage} Stage */
/** @typedef {import("../harness/person.mjs").Role} Role */
/** @typedef {import("playwright-core").BrowserContextOptions} BrowserContextOptions */

const test = scene();

/**
 * The demo's owner at the console, unless it is somebody else.
 * @param {Stage} stage
 * @param {string} page
 * @param {BrowserContextOptions} [options]
 * @param {{email: string, password: string}} [person]
 */
async function owner(stage, page, options, person) {
  const context = await stage.context({ viewport: { width: 1440, height: 900 }, ...options });
  const office = new Console(await context.newPage(), stage.manifest);
  await office.signIn(person);
  await office.goTo(page);
  return office;
}

/**
 * Somebody new of a role, at the console.
 * @param {Stage} stage
 * @param {Role} role
 * @param {string} name
 */
async function somebody(stage, role, name) {
  const person = await Person.arrive(stage, { role, name });
  await person.page.goto(stage.manifest.consoleUrl);
  return { person, office: new Console(person.page, stage.manifest) };
}

/** @param {Console} office @param {string} list @param {string} text */
function row(office, list, text) {
  return office.page.getByRole("list", { name: list, exact: true }).locator("> li").filter({ hasText: text });
}

/** @param {Console} office @param {string} name @param {string} item */
async function choose(office, name, item) {
  await office.page.getByRole("button", { name: `What to do with ${name}` }).click();
  await office.page.getByRole("menuitem", { name: item }).click();
}

/** @param {Console} office */
function box(office) {
  return office.page.getByRole("dialog");
}

/**
 * A token for a program's secret.
 * @param {Stage} stage
 * @param {string} id
 * @param {string} secret
 */
async function grant(stage, id, secret) {
  const body = new URLSearchParams({ grant_type: "client_credentials", client_id: id, client_secret: secret });
  return (await fetch(new URL("/oauth2/token", stage.manifest.platformUrl), { method: "POST", body })).status;
}

test("somebody is invited, given another role and name, disabled and enabled", async (stage) => {
  const office = await owner(stage, "People");
  const { page } = office;
  await page.getByRole("button", { name: "Invite somebody" }).click();
  const email = `berit-${process.pid}@example.org`;
  await box(office).getByLabel("Email").fill("no address");
  await box(office).getByLabel("Name").fill("Berit Sand");
  await box(office).getByRole("button", { name: "Invite", exact: true }).click();
  await box(office).getByLabel("Email").and(page.locator("[aria-invalid=true]")).waitFor();
  await box(office).getByText("The e-mail address is not valid.").waitFor();
  await assertAccessible(page.mainFrame(), "a refused invitation");
  await box(office).getByLabel("Email").fill(email);
  await box(office).getByText("Supervisor", { exact: true }).click();
  await box(office).getByRole("button", { name: "Invite", exact: true }).click();
  const link = await box(office).locator("#shown-once").innerText();
  await assertAccessible(page.mainFrame(), "a link shown once");
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await box(office).getByRole("button", { name: "Copy the link" }).click();
  await eventually(async () => (await page.evaluate(() => navigator.clipboard.readText())) === link, { what: "the link on the clipboard" });
  await page.keyboard.press("Escape");
  await box(office).getByText(link).waitFor();
  await box(office).getByRole("button", { name: "Done" }).click();
  const berit = row(office, "People", email);
  await berit.getByText("Invited").waitFor();
  assert.equal(await page.getByText(link).count(), 0);

  const person = new Person(await (await stage.context()).newPage(), email);
  await person.page.goto(link);
  await person.choosePassword(PASSWORD);
  await person.isIn();
  await choose(office, "Berit Sand", "Change role…");
  await box(office).getByText("Auditor", { exact: true }).click();
  await box(office).getByRole("button", { name: "Change role" }).click();
  await page.getByText("Berit Sand is now: Auditor.").waitFor();
  await berit.getByText("Seen just now").waitFor();
  await choose(office, "Berit Sand", "Rename…");
  await box(office).getByLabel("Name").fill("Berit Strand");
  await box(office).getByRole("button", { name: "Rename" }).click();
  await page.getByText("Berit Sand is now called Berit Strand.").waitFor();

  await choose(office, "Berit Strand", "Disable…");
  await box(office).getByRole("button", { name: "Disable" }).click();
  await berit.getByText("Disabled").waitFor();
  await person.page.getByText("Your session has ended.").waitFor();
  await person.signIn();
  await person.page.getByRole("alert").getByText(/do not match/).waitFor();
  await choose(office, "Berit Strand", "Let them sign in again…");
  await box(office).getByRole("button", { name: "Enable" }).click();
  await page.getByText("Berit Strand can sign in again.").waitFor();
  await person.signIn();
  await person.isIn();

  await choose(office, "Berit Strand", "New one-time link…");
  await box(office).getByRole("button", { name: "Make a link" }).click();
  assert.match(await box(office).locator("#shown-once").innerText(), /\/desk\/welcome#/);
  await box(office).getByRole("button", { name: "Done" }).click();
  await choose(office, "Berit Strand", "Take out of this project…");
  await box(office).getByRole("button", { name: "Take out" }).click();
  await berit.waitFor({ state: "detached" });

  await page.getByRole("button", { name: "Invite somebody" }).click();
  await box(office).getByLabel("Email").fill(stage.manifest.agents[0]?.email ?? "");
  await box(office).getByLabel("Name").fill("Again");
  await box(office).getByRole("button", { name: "Invite", exact: true }).click();
  await box(office).getByText("Somebody of this address has a role in the project already.").waitFor();
});

test("each role finds in the console what it may do, and no more", async (stage) => {
  const agent = await somebody(stage, "AGENT", "Agnes Agent");
  await agent.office.page.getByRole("heading", { name: "The console is for administrators" }).waitFor();

  const auditor = (await somebody(stage, "AUDITOR", "Aulis Auditor")).office;
  await auditor.goTo("People");
  await row(auditor, "People", "Aulis Auditor").getByText("You").waitFor();
  assert.equal(await auditor.page.getByRole("button", { name: /Invite|What to do with/ }).count(), 0);
  await auditor.goTo("API clients");
  await auditor.page.getByText(/Programs that call/).waitFor();
  assert.equal(await auditor.page.getByRole("button", { name: "Register a program" }).count(), 0);
  await auditor.goTo("Audit log");
  await auditor.page.getByRole("button", { name: /A person was invited/ }).first().waitFor();

  const supervisor = (await somebody(stage, "SUPERVISOR", "Sven Supervisor")).office;
  await supervisor.goTo("People");
  await row(supervisor, "People", "Sven Supervisor").waitFor();
  assert.equal(await supervisor.page.getByRole("button", { name: "Invite somebody" }).count(), 0);
  assert.deepEqual((await supervisor.pages()).filter((name) => name === "Audit log"), []);
  await supervisor.page.goto(new URL("/admin/audit", stage.manifest.platformUrl).href);
  await supervisor.page.getByRole("heading", { name: "You may not see this page" }).waitFor();
  await supervisor.goTo("Groups");
  await supervisor.page.getByRole("button", { name: "New group" }).waitFor();

  const administrator = (await somebody(stage, "ADMINISTRATOR", "Ada Administrator")).office;
  await administrator.goTo("People");
  const ownerName = "What to do with";
  const ownerRow = row(administrator, "People", stage.manifest.admin.email);
  assert.equal(await ownerRow.getByRole("button", { name: ownerName }).isDisabled(), true, "an owner is not theirs to change");
  await administrator.page.getByRole("button", { name: "Invite somebody" }).click();
  assert.equal(await box(administrator).getByRole("radio", { name: "Owner" }).count(), 0);
  await box(administrator).getByRole("button", { name: "Cancel" }).click();
  await administrator.goTo("API clients");
  await administrator.page.getByRole("button", { name: "Register a program" }).click();
  assert.equal(await box(administrator).getByRole("checkbox", { name: /platform:write/ }).isDisabled(), true);
  await box(administrator).getByRole("button", { name: "Cancel" }).click();
  await administrator.goTo("People");
  await administrator.page.getByText("What the roles may do").click();
  const line = administrator.page.getByRole("row", { name: /audit:read/ });
  assert.deepEqual(
    (await line.getByRole("cell").allInnerTexts()).map((text) => text.replaceAll(/\s+/g, " ").replace("– ", "").trim()),
    ["Owner: yes", "Administrator: yes", "Supervisor: no", "Agent: no", "Auditor: yes"],
  );
});

test("somebody known comes to another project without a link, and is then nobody's alone to disable", async (stage) => {
  const setting = await stage.owner();
  const { projectId } = stage.manifest;
  const second = `second-${process.pid}`;
  await stage.signet.command("project", "create", second, "--name", "Second shop");
  const both = ["--project", projectId, "--project", second, "--role", "owner"];
  const ownerOfBoth = await stage.signet.command("agent", "create", "--email", `both-${process.pid}@desk.example`, "--name", "Bo Both", ...both);
  const { email } = await invite(setting, { projectId, role: "AGENT", name: "Toni Two" });
  const administrator = (await somebody(stage, "ADMINISTRATOR", "Alma Administrator")).office;

  const office = await owner(stage, "People", {}, ownerOfBoth);
  const { page } = office;
  await page.getByLabel("Project", { exact: true }).selectOption({ label: "Second shop" });
  await page.getByRole("button", { name: "Invite somebody" }).click();
  await box(office).getByLabel("Email").fill(email.toUpperCase());
  await box(office).getByLabel("Name").fill("Somebody else");
  await box(office).getByText("Auditor", { exact: true }).click();
  await box(office).getByRole("button", { name: "Invite", exact: true }).click();
  await box(office).getByRole("heading", { name: "Toni Two is here" }).waitFor();
  await box(office).getByRole("button", { name: "Done" }).click();
  await row(office, "People", email).getByText(/^Agent in /).waitFor();

  await administrator.goTo("People");
  await row(administrator, "People", email).getByText("Agent", { exact: true }).waitFor();
  assert.equal(await row(administrator, "People", email).getByText(/Second shop/).count(), 0, "not theirs to know");
  await choose(administrator, "Toni Two", "Disable…");
  await box(administrator).getByRole("button", { name: "Disable" }).click();
  await box(administrator).getByRole("alert").getByText("Your role does not allow this.").waitFor();
});

test("groups are made, changed and removed", async (stage) => {
  const setting = await stage.owner();
  const { email } = await invite(setting, { projectId: stage.manifest.projectId, role: "AGENT", name: "Gro Group" });
  assert.ok(email);
  const office = await owner(stage, "Groups");
  const { page } = office;
  const name = `Returns ${process.pid}`;
  const create = async () => {
    await page.getByRole("button", { name: "New group" }).click();
    await box(office).getByLabel("Name").fill(name);
    await box(office).getByText("Gro Group").click();
    await box(office).getByRole("button", { name: "Create group" }).click();
  };
  await create();
  await page.getByText(`The group ${name} is there.`).waitFor();
  await row(office, "Groups", name).getByText("Gro Group").waitFor();
  await create();
  await box(office).getByText("The project has a group of this name already.").waitFor();
  await box(office).getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: `Change ${name}` }).click();
  await box(office).getByLabel("Name").fill(`${name} and complaints`);
  await box(office).getByText("Gro Group").click();
  await box(office).getByRole("button", { name: "Save" }).click();
  await row(office, "Groups", `${name} and complaints`).getByText("Nobody yet").waitFor();
  await page.getByRole("button", { name: `Remove ${name}` }).click();
  await box(office).getByRole("button", { name: "Remove" }).click();
  await row(office, "Groups", name).waitFor({ state: "detached" });
});

test("a program's secret is shown once, rotated with an overlap, and revoked", async (stage) => {
  const office = await owner(stage, "API clients");
  const { page } = office;
  const name = `CRM ${process.pid}`;
  await page.getByRole("button", { name: "Register a program" }).click();
  await box(office).getByLabel("Name").fill(name);
  await box(office).getByRole("checkbox", { name: /visitors:read/ }).setChecked(true, { force: true });
  await box(office).getByRole("checkbox", { name: /conversations:read/ }).setChecked(true, { force: true });
  await assertAccessible(page.mainFrame(), "a program to register");
  await box(office).getByRole("button", { name: "Register" }).click();
  const first = await box(office).locator("#shown-once").innerText();
  await box(office).getByRole("button", { name: "Done" }).click();
  const client = row(office, "API clients", name);
  await client.getByText("Never used").waitFor();
  assert.equal(await page.getByText(first).count(), 0);
  const id = (await client.locator(".client-id code").innerText()).trim();
  assert.equal(await grant(stage, id, first), 200);

  await client.getByRole("button", { name: /^New secret/ }).click();
  await box(office).getByRole("button", { name: "Make a new secret" }).click();
  const second = await box(office).locator("#shown-once").innerText();
  await box(office).getByRole("button", { name: "Done" }).click();
  await client.getByText(/^Old secret good until/).waitFor();
  await client.getByText(/Last token just now/).waitFor();
  assert.deepEqual([await grant(stage, id, first), await grant(stage, id, second)], [200, 200]);
  await client.getByRole("button", { name: /^New secret/ }).click();
  await box(office).getByText("Not at all").click();
  await box(office).getByRole("button", { name: "Make a new secret" }).click();
  const third = await box(office).locator("#shown-once").innerText();
  await box(office).getByRole("button", { name: "Done" }).click();
  assert.deepEqual([await grant(stage, id, second), await grant(stage, id, third)], [401, 200]);

  await client.getByRole("button", { name: /^Change/ }).click();
  await box(office).getByRole("checkbox", { name: /conversations:read/ }).setChecked(false, { force: true });
  await box(office).getByRole("button", { name: "Save" }).click();
  await client.getByText("conversations:read").waitFor({ state: "detached" });
  await client.getByRole("button", { name: /^Revoke/ }).click();
  await box(office).getByRole("button", { name: "Revoke for ever" }).click();
  await client.getByText(/^Revoked /).waitFor();
  assert.equal(await grant(stage, id, third), 401);
  assert.equal(await client.getByRole("button", { name: /^New secret/ }).count(), 0);
});

test("the audit log tells who did what, and is searched by person, kind and request", async (stage) => {
  const setting = await stage.owner();
  const projectId = stage.manifest.projectId;
  const { email, id } = await invite(setting, { projectId, role: "AGENT", name: "Lou Log" });
  const query = `query($p: ID!, $s: String!) { auditEvents(projectId: $p, filter: { subjectId: $s }) { nodes { correlationId hash sequence } } }`;
  const [event] = (await graphql(setting, query, { p: projectId, s: id })).auditEvents.nodes;
  const office = await owner(stage, "Audit log");
  const { page } = office;
  const events = page.getByRole("region", { name: "Events, newest first" }).locator("> ul > li");
  await page.getByLabel("Correlation id").fill(event.correlationId);
  await page.getByRole("button", { name: "Find by correlation id" }).click();
  await eventually(async () => (await events.count()) === 1, { what: "the one event of the request" });
  await events.getByRole("button", { name: "A person was invited with a one-time link." }).click();
  for (const text of [email, event.hash, String(event.sequence)]) await events.getByText(text).first().waitFor();
  await assertAccessible(page.mainFrame(), "an event");
  await events.getByRole("button", { name: "All that was done to this" }).click();
  await eventually(() => new URL(page.url()).searchParams.get("about") === id, { what: "the trail in the address" });
  await page.getByRole("button", { name: "Show all" }).click();
  await page.getByLabel("What happened").selectOption({ label: "Desk signed in" });
  await events.getByRole("button", { name: "Somebody signed in at the desk." }).first().waitFor();
  await eventually(async () => (await events.getByText("USER_INVITED").count()) === 0, { what: "no other kind" });
  await page.getByLabel("Done by").selectOption({ label: `Lou Log (${email})` });
  await page.getByRole("heading", { name: "No such event" }).waitFor();
  await page.getByRole("button", { name: "Show all events" }).click();
  await events.first().waitFor();
  // Without holes and none twice, however many pages are joined.
  const older = page.getByRole("button", { name: "Older events" });
  const total = async () => (await graphql(setting, `query($p: ID!) { auditEvents(projectId: $p, first: 1) { nodes { sequence } } }`, { p: projectId })).auditEvents.nodes[0].sequence;
  for (let pages = 0; (await older.count()) > 0 && pages < 10; pages += 1) {
    const before = await events.count();
    await older.click();
    await eventually(async () => (await events.count()) > before, { what: "older events" });
  }
  assert.equal(await events.count(), await total());
  await page.getByLabel("From day").fill("2020-01-01");
  await page.getByLabel("To day").fill("2020-01-02");
  await page.getByRole("heading", { name: "No such event" }).waitFor();
  await page.getByRole("group", { name: "the command that verifies" }).getByText("signet audit verify").waitFor();
});

test("somebody is invited by keyboard alone", async (stage) => {
  const office = await owner(stage, "People");
  const { page } = office;
  const isFocused = (/** @type {import("playwright-core").Locator} */ one) => one.evaluate((element) => element === document.activeElement);
  await row(office, "People", stage.manifest.admin.email).waitFor();
  const button = page.getByRole("button", { name: "Invite somebody" });
  for (let presses = 0; !(await isFocused(button)); presses += 1) {
    assert.ok(presses < 40, "the button is reached by the tabulator key");
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Enter");
  await eventually(() => isFocused(box(office).getByLabel("Email")), { what: "focus in the first field" });
  const email = `kay-${process.pid}@example.org`;
  await page.keyboard.type(email);
  await page.keyboard.press("Tab");
  await page.keyboard.type("Kay Board");
  await page.keyboard.press("Tab");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await box(office).getByRole("heading", { name: "A link for Kay Board" }).waitFor();
  const done = box(office).getByRole("button", { name: "Done" });
  for (let presses = 0; !(await isFocused(done)); presses += 1) {
    assert.ok(presses < 10, "the way out is reached by the tabulator key");
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Enter");
  await row(office, "People", email).getByText("Auditor").waitFor();
  await eventually(() => isFocused(button), { what: "focus back on the button" });
});

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  test(`pages about people, groups, programs and events have no accessibility faults, ${colorScheme}`, async (stage) => {
    const setting = await stage.owner();
    const { projectId } = stage.manifest;
    await invite(setting, { projectId, role: "SUPERVISOR", name: "Wolfeschlegelsteinhausenbergerdorff ".repeat(3).trim() });
    const office = await owner(stage, "People", { colorScheme });
    const { page } = office;
    for (const name of ["People", "Groups", "API clients", "Audit log"]) {
      await page.setViewportSize({ width: 1440, height: 900 });
      await office.goTo(name);
      await page.getByRole("heading", { level: 1, name }).waitFor();
      await eventually(async () => (await office.main.locator(".skeleton").count()) === 0, { what: `the page ${name}` });
      if (name === "People") await page.getByText("What the roles may do").click();
      await assertAccessible(page.mainFrame(), name);
      await page.setViewportSize({ width: 380, height: 844 });
      await assertAccessible(page.mainFrame(), `${name} on a telephone`);
      const isWider = await office.main.evaluate((main) => main.scrollWidth > main.clientWidth);
      assert.equal(isWider, false, `nothing of ${name} is cut off at the side`);
    }
  });
}
