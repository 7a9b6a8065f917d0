/**
 * The real binary as a newcomer starts it: `signet demo`, on free ports, with a data folder of its own.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { eventually } from "./wait.mjs";

/**
 * What `signet demo --manifest` writes (PRODUCT.md section 2).
 * @typedef {object} Manifest
 * @property {string} platformUrl
 * @property {string} shopUrl
 * @property {string} deskUrl
 * @property {string} consoleUrl
 * @property {string} graphqlUrl
 * @property {string} projectId
 * @property {string} graphqlToken
 * @property {string} platformPublicKeyPem
 * @property {string} customerPrivateKeyPem
 * @property {string} customerKeyId
 * @property {{email: string, password: string}} admin
 * @property {{email: string, password: string}[]} agents
 * @property {{login: string, password: string, userId: string}[]} shopUsers
 */

/** The program under test. */
export const BINARY = process.env["SIGNET_BINARY"] ?? resolve(import.meta.dirname, "../../../target/debug/signet");
/** A first start makes keys and demo data; a debug build on a busy machine takes its time. */
const START_PATIENCE = 60_000;
const STOP_PATIENCE = 20_000;

/** A running `signet demo`. */
export class Signet {
  /** @type {import("node:child_process").ChildProcess | null} */
  #child = null;
  #log = "";
  /** @type {Manifest | null} */
  #manifest = null;
  #folder;
  #options;

  /**
   * @param {string} folder a folder of this server alone
   * @param {string[]} options further options of `signet demo`
   */
  constructor(folder, options) {
    this.#folder = folder;
    this.#options = options;
  }

  /**
   * Starts a server with fresh data.
   * @param {...string} options further options of `signet demo`, such as `--session-lifetime`, `6s`
   */
  static async start(...options) {
    const signet = new Signet(await mkdtemp(join(tmpdir(), "signet-e2e-")), options);
    await signet.start();
    return signet;
  }

  get manifest() {
    if (!this.#manifest) throw new Error("the server is not running");
    return this.#manifest;
  }

  /** Everything the server has written so far. */
  get log() {
    return this.#log;
  }

  /** Starts the process; after a stop, on the same ports and data as before. */
  async start() {
    const file = join(this.#folder, "manifest.json");
    await rm(file, { force: true });
    const ports = this.#manifest ? [this.#manifest.platformUrl, this.#manifest.shopUrl].map((url) => new URL(url).port) : ["0", "0"];
    const [port, shopPort] = /** @type {[string, string]} */ (ports);
    const where = ["--port", port, "--shop-port", shopPort, "--data", join(this.#folder, "data"), "--manifest", file];
    // The same agent signs in for test after test, more often than a person would.
    const limits = ["--sign-ins-per-account", "1000"];
    const child = spawn(BINARY, ["demo", ...where, ...limits, ...this.#options], { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    child.on("error", (error) => (this.#log += `could not start ${BINARY}: ${error.message}\n`));
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (this.#log += text));
    this.#manifest = await eventually(
      async () => {
        if (child.exitCode !== null || child.pid === undefined) throw new Error(`the server ended early:\n${this.#log}`);
        const text = await readFile(file, "utf8").catch(() => "");
        /** @type {Manifest | null} */
        const manifest = text.trimEnd().endsWith("}") ? JSON.parse(text) : null;
        const answer = manifest && (await fetch(new URL("/readyz", manifest.platformUrl)).catch(() => null));
        return answer?.ok ? manifest : null;
      },
      { what: "the server to be ready", patience: START_PATIENCE, stopOnError: true },
    );
  }

  /**
   * Runs a command on the server's data, as its operator would, and gives what it printed.
   * @param {...string} words such as `project`, `create`
   */
  async command(...words) {
    const { stdout } = await promisify(execFile)(BINARY, [...words, "--data-dir", join(this.#folder, "data"), "--json"]);
    return JSON.parse(stdout);
  }

  /** Asks the process to end, as an operator would, and waits until it has. */
  async stop() {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    const impatience = setTimeout(() => child.kill("SIGKILL"), STOP_PATIENCE);
    await ended;
    clearTimeout(impatience);
    if (child.signalCode === "SIGKILL") throw new Error(`the server did not end on SIGTERM within ${STOP_PATIENCE} ms`);
  }

  /** Ends the process and removes its data. */
  async dispose() {
    await this.stop().finally(() => rm(this.#folder, { recursive: true, force: true }));
  }
}
