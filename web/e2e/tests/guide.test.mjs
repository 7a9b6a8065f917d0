/**
 * The example site of `docs/integration.md`, taken from the page block by block and used in a real browser: its server, its page
 * and its script as printed, but for addresses, site id and key id. The guide's commands are run by crates/signet/tests/it/integration_guide.rs.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { serve } from "../harness/site.mjs";
import { scene } from "../harness/stage.mjs";
import { eventually } from "../harness/wait.mjs";
import { Widget } from "../harness/widget.mjs";

/** @typedef {import("../harness/server.mjs").Manifest} Manifest */

const ROOT = resolve(import.meta.dirname, "../../..");
const test = scene();

/** A port that nobody listens on. */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  server.close();
  await once(server, "close");
  return address.port;
}

/**
 * Puts the guide's files into a folder, for this server and this port.
 * @param {string} folder
 * @param {Manifest} manifest
 * @param {number} port
 */
async function writeSite(folder, manifest, port) {
  const guide = await readFile(join(ROOT, "docs/integration.md"), "utf8");
  const files = [...guide.matchAll(/^```\w+ file=(\S+)\n([^]*?)^```$/gm)];
  assert.deepEqual(files.map(([, name]) => name), ["server.mjs", "page.html", "page.js"]);
  for (const [, name = "", text = ""] of files) {
    const here = text
      .replaceAll("127.0.0.1:8080", new URL(manifest.platformUrl).host)
      .replaceAll("3000", String(port))
      .replaceAll("'shop-2026'", `'${manifest.customerKeyId}'`)
      .replaceAll("'shop'", `'${manifest.projectId}'`);
    await writeFile(join(folder, name), here);
  }
  await writeFile(join(folder, "rsaPrivateKey.pem"), manifest.customerPrivateKeyPem, { mode: 0o600 });
  await writeFile(join(folder, "platform.pem"), manifest.platformPublicKeyPem);
  await copyFile(join(ROOT, "providers/javascript/signet-token.mjs"), join(folder, "signet-token.mjs"));
}

/**
 * Runs the guide's site while `body` uses it.
 * @param {Manifest} manifest
 * @param {(origin: string) => Promise<void>} body
 */
async function withSite(manifest, body) {
  const folder = await mkdtemp(join(tmpdir(), "signet-guide-"));
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  await writeSite(folder, manifest, port);
  const site = spawn(process.execPath, ["server.mjs"], { cwd: folder, stdio: "inherit" });
  const ended = once(site, "exit");
  try {
    await eventually(async () => (await fetch(origin).catch(() => null))?.ok, { what: "the guide's site" });
    await body(origin);
  } finally {
    site.kill("SIGTERM");
    await ended;
    await rm(folder, { recursive: true, force: true });
  }
}

test("the guide's site: a guest asks, signs in without leaving the page, and signs out", async (stage) => {
  await withSite(stage.manifest, async (origin) => {
    const page = await (await stage.context()).newPage();
    const chat = new Widget(page, stage.manifest.platformUrl);
    await page.goto(origin);
    await chat.open();
    await chat.send("Asked as a guest");

    const desk = await stage.agent();
    await desk.open("Asked as a guest");
    await desk.padlock(/^Not verified/).waitFor();

    await page.getByLabel("Login").fill("jane");
    await page.getByLabel("Password").fill("correct horse");
    await page.getByRole("button", { name: "Sign in" }).click();
    await chat.log.getByText("You are now signed in").waitFor();
    await chat.see("Asked as a guest");
    await desk.padlock(/^Verified/).waitFor();
    await desk.reply("Hello Jane");
    await chat.see("Hello Jane");

    await page.getByRole("button", { name: "Sign out" }).click();
    await eventually(async () => !(await chat.dialog.isVisible()), { what: "the chat to be hidden" });
    await chat.open();
    assert.equal(await chat.log.getByText("Asked as a guest").count(), 0);
    assert.equal(await chat.log.getByText("Hello Jane").count(), 0);
    const complaints = stage.console.filter((line) => line.startsWith("uncaught") || line.includes("/page.js"));
    assert.deepEqual(complaints, [], "the guide's own script has nothing to complain of");
  });
});

test("the guide's settings of a page: its own buttons open the chat", async (stage) => {
  const { manifest } = stage;
  const guide = await readFile(join(ROOT, "docs/integration.md"), "utf8");
  const [, settings = ""] = guide.match(/^```js config\n([^]*?)^```$/m) ?? [];
  assert.match(settings, /customButtons[^]*crossDomains/, "the guide has such a block");
  const body = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page with buttons</title><script>
window.iAdvizeInterface = window.iAdvizeInterface || [];
${settings.replace("'shop'", `'${manifest.projectId}'`)}
iAdvizeInterface.push((iAdvize) => iAdvize.activate(() => ({ authenticationOption: { type: 'ANONYMOUS' } })));
</script><script async src="${new URL(manifest.platformUrl).origin}/iadvize.js"></script></head>
<body><h1>Help</h1><button id="chat-online">Ask us</button><button id="chat-offline">Write to us</button></body></html>`;
  const site = await serve({ "/": () => ({ body }) });
  try {
    const page = await (await stage.context()).newPage();
    await page.goto(site.origin);
    const chat = new Widget(page, manifest.platformUrl);
    await chat.launcher.waitFor();
    await page.getByRole("button", { name: "Write to us" }).waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Ask us" }).click();
    await chat.dialog.waitFor();
  } finally {
    await site.close();
  }
});
