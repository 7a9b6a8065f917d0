/** One console for several projects: whoever administrates two changes between them, and nothing of one is seen in the other. */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { assertAccessible } from "../harness/axe.mjs";
import { Console } from "../harness/console.mjs";
import { graphql, invite, Person } from "../harness/person.mjs";
import { scene } from "../harness/stage.mjs";
import { eventually } from "../harness/wait.mjs";

/** @typedef {import("../harness/stage.mjs").Stage} Stage */
/** @typedef {import("../harness/person.mjs").Role} Role */

const test = scene();

/** With a name as long as one may be: the page's heading keeps its place beside it. */
const SECOND = { projectId: "second", name: `Canary Second Shop ${"and its daughters ".repeat(13)}`.trim() };
/** Stand in the second project alone. */
const CANARIES = [SECOND.name, "Canary Colleague", "canary-key", "https://canary.example"];

/** @type {Promise<{email: string, password: string}> | undefined} */
let ownerOfBoth;

/**
 * Makes the second project and an owner of both, as an operator does.
 * @param {Stage} stage
 */
async function makeSecondProject({ signet, manifest }) {
  await signet.command("project", "create", SECOND.projectId, "--name", SECOND.name);
  const both = ["--project", manifest.projectId, "--project", SECOND.projectId, "--role", "owner"];
  return await signet.command("agent", "create", "--email", "owner-of-both@desk.example", "--name", "Bo Both", ...both);
}

/**
 * A page of the owner of both; the second project has a key, an origin and a colleague of its own, made once.
 * @param {Stage} stage
 */
async function withSecondProject(stage) {
  const isNew = ownerOfBoth === undefined;
  ownerOfBoth ??= makeSecondProject(stage);
  const office = new Console(await (await stage.context()).newPage(), stage.manifest);
  await office.signIn(await ownerOfBoth);
  const owner = office.page;
  if (!isNew) return owner;
  const { projectId } = SECOND;
  const settings = "mutation($input: ProjectUpdateInput!) { projectUpdate(input: $input) { userErrors { message } } }";
  await graphql(owner, settings, { input: { projectId, settings: { allowedOrigins: ["https://canary.example"] } } });
  const register = "mutation($input: CustomerKeyRegisterInput!) { customerKeyRegister(input: $input) { userErrors { message } } }";
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = String(publicKey.export({ format: "pem", type: "spki" }));
  await graphql(owner, register, { input: { projectId, key, keyId: "canary-key" } });
  await invite(owner, { projectId, role: "AGENT", name: "Canary Colleague" });
  return owner;
}

/**
 * Somebody with a role in the demo's project, and perhaps one in the second.
 * @param {Stage} stage
 * @param {Role} role
 * @param {Role | null} second
 */
async function somebody(stage, role, second) {
  const owner = await withSecondProject(stage);
  const person = await Person.arrive(stage, { role, name: "Sasha Both" });
  if (second !== null) {
    const input = { projectId: SECOND.projectId, email: person.email, name: "Sasha Both", role: second };
    const again = "mutation($input: UserInviteInput!) { userInvite(input: $input) { userErrors { message } } }";
    assert.deepEqual((await graphql(owner, again, { input })).userInvite.userErrors, []);
  }
  const office = new Console(person.page, stage.manifest);
  await office.page.goto(stage.manifest.consoleUrl);
  await office.main.getByRole("heading", { level: 1 }).waitFor();
  return office;
}

/** @param {Console} office */
const choice = (office) => office.page.getByLabel("Project", { exact: true });

/** @param {Console} office */
const siteId = (office) => office.page.getByLabel("Site id", { exact: true });

/** @param {Console} office @param {string} id */
async function showsProject(office, id) {
  await eventually(async () => (await siteId(office).inputValue().catch(() => "")) === id, { what: `the settings of ${id}` });
}

test("whoever administrates two projects changes between them, and each page shows one alone", async (stage) => {
  const office = await somebody(stage, "ADMINISTRATOR", "ADMINISTRATOR");
  const { page } = office;
  const own = (await graphql(page, "query($p: ID!) { project(projectId: $p) { name } }", { p: stage.manifest.projectId })).project.name;
  await office.goTo("Settings");
  const names = await choice(office).getByRole("option").allInnerTexts();
  assert.deepEqual(names.toSorted(), [own, SECOND.name].toSorted());
  await choice(office).selectOption({ label: own });
  await showsProject(office, stage.manifest.projectId);
  await assertAccessible(page.mainFrame(), "the choice of a project");

  await choice(office).selectOption({ label: SECOND.name });
  await showsProject(office, SECOND.projectId);
  await page.getByRole("list", { name: "Origins" }).getByText("https://canary.example", { exact: true }).waitFor();
  assert.equal(new URL(page.url()).searchParams.get("project"), SECOND.projectId);
  await office.goTo("Signing keys");
  await office.key("canary-key").waitFor();
  assert.equal(await office.key(stage.manifest.customerKeyId).count(), 0, "a key of the other project");
  await office.goTo("People");
  await office.main.getByText("Canary Colleague").waitFor();
  assert.equal(await office.main.getByText(stage.manifest.agents[0]?.email ?? "").count(), 0, "an agent of the other project");
  await page.reload();
  await office.main.getByText("Canary Colleague").waitFor();
  assert.equal(await choice(office).inputValue(), SECOND.projectId, "the project stays through a reload");

  await choice(office).selectOption({ label: own });
  await office.main.getByText(stage.manifest.agents[0]?.email ?? "").waitFor();
  for (const name of ["People", "Signing keys", "Settings", "Groups", "API clients", "Audit log", "Failures", "Token Doctor"]) {
    await office.goTo(name);
    await eventually(async () => (await office.main.locator(".skeleton").count()) === 0, { what: `the page ${name}` });
    const shown = await office.main.innerText();
    // The choice itself names the project.
    for (const canary of CANARIES.slice(1)) assert.ok(!shown.includes(canary), `${canary} on the page ${name} of the other project`);
  }
  await page.goBack();
  await page.goBack();
  await office.see("Audit log");
  await page.setViewportSize({ width: 390, height: 844 });
  await assertAccessible(page.mainFrame(), "the choice of a project on a telephone");
  await choice(office).selectOption({ label: SECOND.name });
  assert.equal(await office.isCutOff(), false, "nothing is cut off at the side");
});

test("what is not saved in one project is not in the other, and waits", async (stage) => {
  const office = await somebody(stage, "ADMINISTRATOR", "ADMINISTRATOR");
  const { page } = office;
  await office.goTo("Settings");
  await choice(office).selectOption(SECOND.projectId);
  await showsProject(office, SECOND.projectId);
  await page.getByLabel("Claim prefix", { exact: true }).fill("https://canary.example/");
  await page.getByRole("region", { name: "Unsaved changes" }).waitFor();
  await choice(office).selectOption(stage.manifest.projectId);
  await showsProject(office, stage.manifest.projectId);
  assert.equal(await page.getByRole("region", { name: "Unsaved changes" }).count(), 0);
  assert.equal(await page.getByLabel("Claim prefix", { exact: true }).inputValue(), "https://iadvize.com/");
  await choice(office).selectOption(SECOND.projectId);
  await showsProject(office, SECOND.projectId);
  assert.equal(await page.getByLabel("Claim prefix", { exact: true }).inputValue(), "https://canary.example/");
  await page.getByRole("button", { name: "Discard" }).click();
});

test("another role in the other project shows other pages", async (stage) => {
  const office = await somebody(stage, "ADMINISTRATOR", "AUDITOR");
  const { page } = office;
  await choice(office).selectOption(stage.manifest.projectId);
  await eventually(async () => (await office.pages()).includes("Token Doctor"), { what: "an administrator's pages" });
  await choice(office).selectOption(SECOND.projectId);
  await eventually(async () => !(await office.pages()).includes("Token Doctor"), { what: "an auditor's pages" });
  await office.goTo("Settings");
  await showsProject(office, SECOND.projectId);
  assert.equal(await page.getByLabel("Name", { exact: true }).getAttribute("readonly"), "");
  await office.goTo("Signing keys");
  await office.key("canary-key").waitFor();
  assert.equal(await page.getByRole("button", { name: "Add a key" }).count(), 0);
});

test("whoever administrates one project has no choice and hears nothing of the other", async (stage) => {
  const office = await somebody(stage, "ADMINISTRATOR", null);
  const { page } = office;
  /** @type {string[]} */
  const heard = [];
  page.on("response", (response) => void response.text().then((text) => heard.push(text), () => undefined));
  await page.reload();
  await office.goTo("Settings");
  await showsProject(office, stage.manifest.projectId);
  assert.equal(await choice(office).count(), 0);
  for (const path of ["settings", "keys", "people", "audit", "failures"]) {
    await office.open(`/admin/${path}?project=${SECOND.projectId}`);
    await office.see("No such project");
  }
  await eventually(() => heard.some((text) => text.includes(stage.manifest.projectId)), { what: "answers to search" });
  for (const canary of CANARIES) assert.ok(!heard.some((text) => text.includes(canary)), `${canary} in an answer`);
});
