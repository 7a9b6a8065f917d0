/** `signet serve` on an empty data folder: a platform on which nobody is, as an operator starts it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { eventually } from "./wait.mjs";

export const BINARY = process.env["SIGNET_BINARY"] ?? resolve(import.meta.dirname, "../../../target/debug/signet");
const START_PATIENCE = 60_000;

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

/** A running platform without people, projects or keys of brands. */
export class Platform {
  #child;
  #folder;
  #output = "";
  /** Who came in with the one-time link. */
  owner = { email: "ada@lumen.example", password: "seven brass lamps at dusk", name: "Ada Morel" };

  /**
   * @param {string} folder
   * @param {number} port
   * @param {string[]} options
   */
  constructor(folder, port, options) {
    this.#folder = folder;
    this.url = `http://127.0.0.1:${port}`;
    const where = ["--data-dir", folder, "--listen", `127.0.0.1:${port}`];
    this.#child = spawn(BINARY, ["serve", ...where, ...options], { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => (this.#output += text));
    }
  }

  /** @param {...string} options further options of `signet serve` */
  static async start(...options) {
    const platform = new Platform(await mkdtemp(join(tmpdir(), "signet-platform-")), await freePort(), options);
    await eventually(
      async () => {
        if (platform.#child.exitCode !== null) throw new Error(`the platform ended early:\n${platform.#output}`);
        return (await fetch(new URL("/readyz", platform.url)).catch(() => null))?.ok;
      },
      { what: "the platform to be ready", patience: START_PATIENCE, stopOnError: true },
    );
    return platform;
  }

  /** Addresses and people, for what reads them from a demo's manifest. */
  get manifest() {
    const { url, owner } = this;
    const known = { platformUrl: url, deskUrl: `${url}/desk`, consoleUrl: `${url}/admin`, admin: owner, agents: [owner] };
    // What only a demo has is missing.
    return /** @type {import("./server.mjs").Manifest} */ (/** @type {unknown} */ (known));
  }

  /** Everything the server has written so far. */
  get log() {
    return this.#output;
  }

  /** The one-time link with which the first owner comes in. */
  get ownerLink() {
    const [link] = this.#output.match(/https?:\/\/\S+#\S+/) ?? [];
    if (!link) throw new Error(`no link for the owner was printed:\n${this.#output}`);
    return link;
  }

  /**
   * Makes somebody the platform's owner, as whoever started it does.
   * @param {import("playwright-core").Page} page
   */
  async welcomeOwner(page) {
    await page.goto(this.ownerLink);
    await page.getByLabel("Name", { exact: true }).fill(this.owner.name);
    await page.getByLabel("Email", { exact: true }).fill(this.owner.email);
    await page.getByLabel("Password", { exact: true }).fill(this.owner.password);
    await page.getByRole("button", { name: "Set password and sign in" }).click();
    await page.getByRole("list", { name: "Conversations" }).waitFor();
  }

  /** The platform's public key, PEM. */
  async publicKey() {
    return (await fetch(new URL("/keys/platform.pem", this.url))).text();
  }

  async dispose() {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}
