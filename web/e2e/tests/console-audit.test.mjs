/** The audit log taken away from the console, and checked without Signet. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { assertAccessible } from "../harness/axe.mjs";
import { Console } from "../harness/console.mjs";
import { graphql, Person } from "../harness/person.mjs";
import { scene } from "../harness/stage.mjs";

const run = promisify(execFile);
const VERIFIER = resolve(import.meta.dirname, "../../../docs/verify-audit-export.py");

const test = scene();

/** What the verifier that shares nothing with Signet says of a file, and how it ends. @param {string} file */
const verify = (file) =>
  run("python3", [VERIFIER, file]).then(
    ({ stdout }) => ({ code: 0, stdout }),
    ({ code, stdout }) => ({ code, stdout }),
  );

test("an auditor downloads the whole log, in several parts, and it verifies", async (stage) => {
  const { projectId } = stage.manifest;
  const owner = await stage.owner();
  const create = "mutation($i: GroupCreateInput!) { groupCreate(input: $i) { userErrors { message } } }";
  for (let number = 0; number < 210; number += 1) await graphql(owner, create, { i: { projectId, name: `Group ${number}` } });
  const folder = await mkdtemp(join(tmpdir(), "signet-audit-"));
  try {
    const person = await Person.arrive(stage, { role: "AUDITOR", name: "Otto Klein" });
    const { page } = person;
    await page.goto(stage.manifest.consoleUrl);
    const office = new Console(page, stage.manifest);
    await office.goTo("Audit log");
    const button = page.getByRole("button", { name: "Download the export" });

    await page.route("**/graphql", (route) => (route.request().postData()?.includes("AuditExport(") ? route.abort() : route.fallback()));
    await button.click();
    await page.getByRole("alert").getByText("Signet cannot be reached.", { exact: false }).waitFor();
    await assertAccessible(page.mainFrame(), "an export that failed");
    await page.unroute("**/graphql");

    const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
    assert.equal(download.suggestedFilename(), `audit-${projectId}.jsonl`);
    const file = join(folder, download.suggestedFilename());
    await download.saveAs(file);
    const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
    assert.ok(lines.length > 210, `${lines.length} events`);
    await page.getByRole("status").getByText(`${lines.length.toLocaleString("en-GB")} events, in your downloads`).waitFor();
    await assertAccessible(page.mainFrame(), "an export that was taken");
    const last = JSON.parse(lines.at(-1) ?? "{}");
    assert.deepEqual([last.kind, last.actor.name, last.projectId], ["AUDIT_EXPORTED", person.email, projectId]);
    assert.deepEqual(await verify(file), { code: 0, stdout: `${lines.length} events, intact\n` });

    await writeFile(file, [...lines.slice(0, 50), ...lines.slice(51)].join("\n"));
    const cut = await verify(file);
    assert.equal(cut.code, 1);
    assert.match(cut.stdout, /event 52: does not follow the event before it/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
