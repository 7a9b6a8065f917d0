import type { OutgoingMessage, Thread } from "@signet/client";
import type { Entry } from "@signet/protocol";
import { expect, test } from "vitest";
import { layOut as layOutAll } from "../src/timeline";
import type { Item } from "../src/timeline";

const START = new Date(2026, 10, 20, 12, 0).getTime();
const MINUTE = 60_000;

function entry(sequence: number, minutes: number, change: Partial<Entry> = {}): Entry {
  return {
    conversationId: "c",
    sequence,
    id: `e${sequence}`,
    kind: "TEXT",
    notice: null,
    text: `entry ${sequence}`,
    author: { type: "AGENT", name: "Camille", self: false },
    assurance: null,
    verifiedAt: null,
    createdAt: new Date(START + minutes * MINUTE).toISOString(),
    clientMessageId: null,
    copiedFrom: null,
    ...change,
  };
}

const mine = (sequence: number, minutes: number, assurance: Entry["assurance"]): Entry =>
  entry(sequence, minutes, { author: { type: "VISITOR", name: null, self: true }, assurance, clientMessageId: `m${sequence}` });

function thread(entries: Entry[], readByAgent = 0): Thread {
  const conversation = {
    id: "c",
    state: "ONGOING",
    createdAt: new Date(START).toISOString(),
    closedAt: null,
    lastSequence: 0,
    readByVisitor: 0,
    readByAgent,
    agent: null,
    continuedInId: null,
    identityRequest: null,
  } as const;
  return [{ id: "c", conversation, entries }];
}

const layOut = (thread: Thread, outbox: OutgoingMessage[], verified: boolean, setAsideAt: number | null = null): Item[] =>
  layOutAll({ thread, outbox, verified, setAsideAt });

/** The layout in short: kinds, and for groups whose and how many. */
function sketch(...layout: Parameters<typeof layOut>): string[] {
  return layOut(...layout).map((item) =>
    item.kind === "group" ? `${item.self ? "own" : item.name}${item.unproven ? " unproven" : ""} ${item.lines.length}` : item.kind,
  );
}

test("messages of one author within five minutes stand together", () => {
  const agent = (sequence: number, minutes: number, name: string): Entry =>
    entry(sequence, minutes, { author: { type: "AGENT", name, self: false } });
  expect(
    sketch(thread([agent(1, 0, "Camille"), agent(2, 4, "Camille"), agent(3, 10, "Camille"), agent(4, 11, "Noor")]), [], false),
  ).toEqual(["day", "Camille 2", "Camille 1", "Noor 1"]);
});

test("a new day begins with its name", () => {
  expect(sketch(thread([entry(1, 0), entry(2, 24 * 60)]), [], false)).toEqual(["day", "Camille 1", "day", "Camille 1"]);
});

test("what was written before signing in stays apart from what came after", () => {
  const signedIn = entry(2, 1, { kind: "NOTICE", notice: "VISITOR_SIGNED_IN", text: null });
  const entries = [mine(1, 0, "ANONYMOUS"), signedIn, mine(3, 2, "VERIFIED")];
  expect(sketch(thread(entries), [], true)).toEqual(["day", "own unproven 1", "seam", "own 1"]);
  expect(sketch(thread([mine(1, 0, "ANONYMOUS")]), [], false)).toEqual(["day", "own 1"]);
});

test("what the visitor added from before they signed in stands apart, and says so", () => {
  const copied = { ...mine(3, 2, "ANONYMOUS"), copiedFrom: { conversationId: "b", writtenAt: new Date(START).toISOString() } };
  const notice = entry(2, 2, { kind: "NOTICE", notice: "EARLIER_MESSAGES_ADDED", text: null });
  const layout = layOut(thread([mine(1, 0, "VERIFIED"), notice, copied, mine(4, 3, "VERIFIED")]), [], true);
  const groups = layout.map((item) => (item.kind === "group" ? [item.unproven, item.copied] : item.kind));
  expect(groups).toEqual(["day", [false, false], "notice", [true, true], [false, false]]);
});

test("a name that changes the writer's look is not taken from the writer's own entries", () => {
  const forged = { ...mine(1, 0, "ANONYMOUS"), author: { type: "VISITOR", name: "Support", self: true } } as const;
  expect(sketch(thread([forged]), [], false)).toEqual(["day", "own 1"]);
});

test("a conversation set aside is told where it happened, once, and at the end when nothing came after", () => {
  const entries = [entry(1, 0), entry(2, 10)];
  const at = (minutes: number): number => START + minutes * MINUTE;
  expect(sketch(thread(entries), [], true, at(5))).toEqual(["day", "Camille 1", "setAside", "Camille 1"]);
  expect(sketch(thread(entries), [], true, at(20))).toEqual(["day", "Camille 1", "Camille 1", "setAside"]);
  expect(sketch([], [], true, at(20))).toEqual(["setAside"]);
});

test("says how far each own message has come", () => {
  const outgoing = (state: OutgoingMessage["state"]): OutgoingMessage => ({
    clientMessageId: state,
    text: state,
    visitorId: "v",
    writtenAt: START + 20 * MINUTE,
    state,
    failure: null,
  });
  const outbox = (["queued", "sending", "sent", "failed"] as const).map(outgoing);
  const layout = layOut(thread([mine(1, 0, "ANONYMOUS"), mine(2, 0, "ANONYMOUS")], 1), outbox, false);
  expect(layout.flatMap((item) => (item.kind === "group" ? item.lines.map(({ progress }) => progress) : []))).toEqual([
    "read",
    "delivered",
    "queued",
    "sending",
    "delivered",
    "failed",
  ]);
});

test("a message keeps its key when it turns from outgoing into an entry", () => {
  const outgoing: OutgoingMessage = { clientMessageId: "m1", text: "entry 1", visitorId: "v", writtenAt: START, state: "sending", failure: null };
  const keys = (layout: ReturnType<typeof layOut>): string[] =>
    layout.flatMap((item) => (item.kind === "group" ? [item.key, ...item.lines.map(({ key }) => key)] : []));
  expect(keys(layOut(thread([mine(1, 0, "ANONYMOUS")]), [], false))).toEqual(keys(layOut([], [outgoing], false)));
});
