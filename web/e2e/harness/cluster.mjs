/** Two `signet serve` over one PostgreSQL behind a balancer that knows nothing of visitors, with one project: an installation that has grown. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startPostgres } from "./postgres.mjs";
import { BINARY } from "./server.mjs";
import { eventually } from "./wait.mjs";

/** @typedef {import("node:net").Socket} Socket */
/** @typedef {"visitor" | "desk" | "other"} Kind */

const START_PATIENCE = 60_000;
const PROJECT = "shop";
const run = promisify(execFile);

/** What a connection is for, by its first request. @param {string} head @returns {Kind} */
function kindOf(head) {
  if (head.startsWith("GET /visitor/v1/socket")) return "visitor";
  return head.startsWith("GET /graphql") ? "desk" : "other";
}

/** One process. */
class Node {
  #child;
  log = "";
  port = 0;

  /** @param {string[]} options */
  constructor(options) {
    const environment = { PATH: process.env["PATH"], SIGNET_LOG_FORMAT: "json" };
    this.#child = spawn(BINARY, ["serve", "--listen", "127.0.0.1:0", ...options], { stdio: ["ignore", "pipe", "pipe"], env: environment });
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream.setEncoding("utf8").on("data", (text) => (this.log += text));
  }

  async ready() {
    const port = await eventually(
      () => {
        if (this.#child.exitCode !== null) throw new Error(`a node ended early:\n${this.log}`);
        return /"address":"127\.0\.0\.1:(\d+)"/.exec(this.log)?.[1];
      },
      { what: "a node to be ready", patience: START_PATIENCE, stopOnError: true },
    );
    this.port = Number(port);
  }

  /** As an operator stops it. */
  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
  }
}

/** Passes each connection on to the node that has the fewest of its kind, in turns where they have as many; to another one when that does not answer. */
class Balancer {
  /** Open connections by kind, for each node. @type {Record<Kind, number[]>} */
  open = { visitor: [0, 0], desk: [0, 0], other: [0, 0] };
  /** @type {Node[]} */
  nodes = [];
  #turn = 0;
  /** @type {Set<Socket>} */
  #clients = new Set();
  #server = createServer((client) => this.#accept(client));

  /** Gives the port. */
  async listen() {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the balancer has no port");
    return address.port;
  }

  /** @param {Socket} client */
  #accept(client) {
    this.#clients.add(client);
    client.on("close", () => this.#clients.delete(client)).on("error", () => client.destroy());
    client.once("data", (head) => {
      client.pause();
      const open = this.open[kindOf(head.toString("latin1"))];
      const first = (this.#turn += 1) % 2;
      const order = [first, 1 - first].sort((one, other) => (open[one] ?? 0) - (open[other] ?? 0));
      this.#pass(client, head, open, order);
    });
  }

  /**
   * @param {Socket} client
   * @param {Buffer} head
   * @param {number[]} open
   * @param {number[]} order in which nodes are tried
   */
  #pass(client, head, open, [index, ...others]) {
    if (index === undefined) return client.destroy();
    const node = connect(this.nodes[index]?.port ?? 0, "127.0.0.1");
    const again = () => this.#pass(client, head, open, others);
    node.once("error", again);
    node.once("connect", () => {
      node.removeListener("error", again).on("error", () => client.destroy());
      open[index] = (open[index] ?? 0) + 1;
      node.on("close", () => {
        open[index] = (open[index] ?? 0) - 1;
        client.destroy();
      });
      client.on("close", () => node.destroy());
      node.write(head);
      client.pipe(node).pipe(client);
    });
    return undefined;
  }

  async close() {
    for (const client of this.#clients) client.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** See the file's description. What only a demo has is missing from its manifest. */
export class Cluster {
  #parts;

  /** @param {{folder: string, postgres: Awaited<ReturnType<typeof startPostgres>>, balancer: Balancer, manifest: import("./server.mjs").Manifest}} parts */
  constructor(parts) {
    this.#parts = parts;
    this.manifest = parts.manifest;
  }

  static async start() {
    const postgres = await startPostgres();
    const folder = await mkdtemp(join(tmpdir(), "signet-cluster-"));
    const where = ["--data-dir", join(folder, "data"), "--database", postgres.address];
    /** @param {string[]} words */
    const signet = async (...words) => JSON.parse((await run(BINARY, [...words, ...where, "--json"], { env: { PATH: process.env["PATH"] } })).stdout);
    await run(BINARY, ["keys", "generate", "--out", join(folder, "brand")]);
    await signet("project", "create", PROJECT, "--name", "Lumen & Fils", "--any-loopback");
    await signet("keys", "add", join(folder, "brand", "rsaPublicKey.pem"), "--project", PROJECT);
    const agent = { email: "ada@lumen.example", password: "" };
    agent.password = (await signet("agent", "create", "--project", PROJECT, "--email", agent.email, "--name", "Ada")).password;

    const balancer = new Balancer();
    const url = `http://127.0.0.1:${await balancer.listen()}`;
    // One after the other: the first makes the keystore.
    for (let count = 0; count < 2; count += 1) {
      const node = new Node([...where, "--public-url", url, "--sign-ins-per-account", "1000"]);
      balancer.nodes.push(node);
      await node.ready();
    }
    const manifest = {
      platformUrl: url,
      deskUrl: `${url}/desk`,
      graphqlUrl: `${url}/graphql`,
      projectId: PROJECT,
      platformPublicKeyPem: await (await fetch(`${url}/keys/platform.pem`)).text(),
      customerPrivateKeyPem: await readFile(join(folder, "brand", "rsaPrivateKey.pem"), "utf8"),
      agents: [agent],
    };
    return new Cluster({ folder, postgres, balancer, manifest: /** @type {import("./server.mjs").Manifest} */ (/** @type {unknown} */ (manifest)) });
  }

  get log() {
    return this.#parts.balancer.nodes.map(({ log }) => log).join("\n");
  }

  get nodes() {
    return this.#parts.balancer.nodes;
  }

  /** How many sockets of visitors each node has. */
  get visitorSockets() {
    return this.#parts.balancer.open.visitor;
  }

  async dispose() {
    const { balancer, postgres, folder } = this.#parts;
    await balancer.close();
    await Promise.all(balancer.nodes.map((node) => node.stop()));
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
