/** A bot as its author would write one: a small HTTP server that checks signatures, remembers what it was told, and answers. */
import assert from "node:assert/strict";
import { createHmac, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { graphqlAs } from "./api.mjs";
import { eventually } from "./wait.mjs";

/** @typedef {import("./server.mjs").Manifest} Manifest */

/** @typedef {{assurance: string, verifiedAt: string | null, lapsedAt: string | null, lapseReason: string | null}} Standing */

/**
 * A call, as `docs/bots.md` describes them.
 * @typedef {object} Told
 * @property {"conversations" | "messages" | "visitor"} about
 * @property {string} text the newest message's; empty when the call brings none
 * @property {string | null} assurance of that message
 * @property {Standing} visitor
 */

/** @typedef {{type: string, payload?: {contentType: string, value: string}, quickReplies?: {contentType: string, value: string}[]}} Reply */

/**
 * A reply that says something.
 * @param {string} value
 * @param {...string} choices
 * @returns {Reply}
 */
export function say(value, ...choices) {
  const quickReplies = choices.map((choice) => ({ contentType: "text/quick-reply", value: choice }));
  return { type: "message", payload: { contentType: "text", value }, quickReplies };
}

/**
 * Runs a bot in the demo's project while `body` uses it.
 * @param {Manifest} manifest
 * @param {(told: Told) => Reply[]} answer
 * @param {(bot: {told: Told[], heard: (matches: (told: Told) => boolean, what: string) => Promise<Told>}) => Promise<void>} body
 * @param {string} [name]
 */
export async function withBot(manifest, answer, body, name = "Ada") {
  /** @type {Told[]} */
  const told = [];
  /** @type {unknown[]} */
  const faults = [];
  let secret = "";
  const server = createServer(async (request, response) => {
    try {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const raw = Buffer.concat(chunks);
      assert.ok(isSigned(raw, request.headers["x-iadvize-signature"], secret), "every call is signed");
      const call = read(request.url ?? "", JSON.parse(raw.toString()));
      told.push(call);
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ replies: answer(call) }));
    } catch (fault) {
      faults.push(fault);
      response.writeHead(500).end();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the bot has no port");
  const graphql = await graphqlAs(manifest, manifest.admin);
  const { projectId } = manifest;
  const input = { projectId, name, address: `http://127.0.0.1:${address.port}/bot` };
  const made = await graphql("mutation($input: BotCreateInput!) { botCreate(input: $input) { bot { id } secret } }", input);
  secret = made.botCreate.secret;
  try {
    await body({ told, heard: (matches, what) => eventually(() => told.find(matches), { what: `the bot to hear ${what}` }) });
    assert.deepEqual(faults, [], "every call is as documented");
  } finally {
    await graphql("mutation($input: BotRemoveInput!) { botRemove(input: $input) { bot { id } } }", { projectId, botId: made.botCreate.bot.id });
    server.closeAllConnections();
    server.close();
  }
}

/**
 * @param {Buffer} raw
 * @param {string | string[] | undefined} header
 * @param {string} secret
 */
function isSigned(raw, header, secret) {
  const expected = Buffer.from(`sha256=${createHmac("sha256", secret).update(raw).digest("hex")}`);
  const given = Buffer.from(String(header));
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/**
 * @param {string} path
 * @param {any} body
 * @returns {Told}
 */
function read(path, body) {
  const about = /** @type {Told["about"]} */ (path.split("/").at(-1));
  assert.ok(["conversations", "messages", "visitor"].includes(about), path);
  const message = about === "conversations" ? body.history.at(-1) : body.message;
  return { about, text: message?.payload.value ?? "", assurance: message?.assurance ?? null, visitor: body.visitor };
}
