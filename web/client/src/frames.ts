/** Reading what the server sent. Anything that is not a frame of the contract is `null`, and the caller drops it. */
import type { ServerFrame } from "@signet/protocol";

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;
const isEntry = (value: unknown): boolean =>
  isFields(value) &&
  typeof value["conversationId"] === "string" &&
  typeof value["sequence"] === "number" &&
  isFields(value["author"]);
const isConversation = (value: unknown): boolean =>
  isFields(value) && typeof value["id"] === "string" && typeof value["state"] === "string";

const CHECKS: Record<ServerFrame["type"], (frame: Fields) => boolean> = {
  welcome: (frame) =>
    Array.isArray(frame["entries"]) &&
    frame["entries"].every(isEntry) &&
    (frame["conversation"] === null || isConversation(frame["conversation"])),
  entry: (frame) => isEntry(frame["entry"]),
  conversation: (frame) => isConversation(frame["conversation"]),
  ack: (frame) => typeof frame["clientMessageId"] === "string" && typeof frame["sequence"] === "number",
  refused: (frame) => typeof frame["code"] === "string",
  typing: (frame) => typeof frame["name"] === "string",
  renewed: () => true,
  expired: () => true,
  pong: () => true,
};

/** Parses a text frame. */
export function parseServerFrame(data: unknown): ServerFrame | null {
  if (typeof data !== "string") return null;
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return null;
  }
  if (!isFields(value) || typeof value["type"] !== "string" || !Object.hasOwn(CHECKS, value["type"])) return null;
  const type = value["type"] as ServerFrame["type"];
  // The checks above and in the table establish what the rest of the client relies on.
  return CHECKS[type](value) ? (value as unknown as ServerFrame) : null;
}
