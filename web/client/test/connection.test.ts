import { beforeEach, describe, expect, test } from "vitest";
import { VisitorConnection, backOff } from "../src";
import type { ConnectionEvent } from "../src";
import { World, ack, conversation, entry, own, welcome } from "./world";

let world: World;
let events: ConnectionEvent[];
let connection: VisitorConnection;

beforeEach(() => {
  world = new World();
  events = [];
  connection = new VisitorConnection(world, (event) => {
    if (event.type !== "changed") events.push(event);
  });
});

function online(frame = welcome()): void {
  connection.open("token-1", "v-1");
  world.socket.onopen?.();
  world.socket.say(frame);
}

/** The entries in view, as conversation/sequence. */
const shown = (): string[] => connection.state.thread.flatMap((part) => part.entries.map((held) => held.id));

describe("connecting and resuming", () => {
  test("says hello with the token and no cursor at first", () => {
    connection.open("token-1", "v-1");
    expect(world.socket.frames).toEqual([]);
    world.socket.onopen?.();
    expect(world.socket.frames).toEqual([{ type: "hello", token: "token-1", conversationId: null, sequence: 0 }]);
  });

  test("proves for any server once a socket has reached another than its proof was for", async () => {
    const asked: boolean[] = [];
    connection = new VisitorConnection(world, () => undefined, (_, forAny) => {
      asked.push(forAny);
      return Promise.resolve("proof");
    });
    connection.open("token-1", "v-1");
    world.socket.onopen?.();
    world.socket.end(4405);
    await world.pass(1_000);
    world.socket.onopen?.();
    await world.pass(0);
    expect(world.socket.frames).toMatchObject([{ type: "hello", proof: "proof" }]);
    world.socket.end(1006);
    await world.pass(2_000);
    world.socket.onopen?.();
    expect(asked).toEqual([false, true, false]);
  });

  test("resumes after the last entry held, not after the last acknowledged", async () => {
    online(welcome({ entries: [entry(1), entry(2)] }));
    const id = connection.send("hello");
    world.socket.say(ack(id, 4));
    world.socket.end(1006);
    await world.pass(1_000);
    world.socket.onopen?.();
    expect(world.socket.of("hello")[0]).toMatchObject({ conversationId: "c-1", sequence: 2 });
    world.socket.say(welcome({ entries: [entry(3), own(4, id)] }));
    expect(shown()).toEqual(["c-1/1", "c-1/2", "c-1/3", "c-1/4"]);
    expect(connection.state.outbox).toEqual([]);
  });

  test("a reset forgets what was held", () => {
    online(welcome({ entries: [entry(1)] }));
    world.socket.end(4429);
    connection.wake();
    world.socket.say(welcome({ reset: true, entries: [entry(7)] }));
    expect(shown()).toEqual(["c-1/7"]);
  });

  test("an entry that comes twice is held once, whatever the order", () => {
    online(welcome({ entries: [entry(2)] }));
    for (const sequence of [3, 1, 3, 2]) world.socket.say({ type: "entry", entry: entry(sequence) });
    expect(shown()).toEqual(["c-1/1", "c-1/2", "c-1/3"]);
    expect(events.filter(({ type }) => type === "received")).toHaveLength(2);
  });

  test("a conversation that was closed meanwhile is no longer ongoing", () => {
    online(welcome({ entries: [entry(1)] }));
    world.socket.end(1001);
    connection.wake();
    world.socket.say(welcome({ conversation: null }));
    expect(connection.state.thread[0]?.conversation?.state).toBe("CLOSED");
  });

  test("frames that are not of the contract are dropped", () => {
    online();
    for (const data of ["{", "null", '{"type":"constructor"}', '{"type":"entry"}', new ArrayBuffer(4)]) {
      world.socket.onmessage?.({ data });
    }
    expect(connection.state.phase).toBe("online");
    expect(shown()).toEqual([]);
  });

  test("a socket that never welcomes, or falls silent after a ping, is given up", async () => {
    connection.open("token-1", "v-1");
    await world.pass(10_000);
    expect(world.sockets[0]?.closed).toBe(true);
    await world.pass(1_000);
    world.socket.onopen?.();
    world.socket.say(welcome());
    await world.pass(25_000);
    expect(world.socket.of("ping")).toHaveLength(1);
    world.socket.say({ type: "pong" });
    await world.pass(25_000);
    expect(world.sockets).toHaveLength(2);
    await world.pass(11_000);
    expect(world.sockets).toHaveLength(3);
  });

  test("what an abandoned socket says changes nothing", () => {
    online();
    const old = world.socket;
    const speak = old.onmessage;
    connection.open("token-2", "v-1");
    expect(old.onmessage).toBeNull();
    expect(old.closed).toBe(true);
    expect(speak).not.toBeNull();
  });
});

describe("close codes", () => {
  test.each([1001, 1006, 4400, 4408, 4429])("%i is tried again", async (code) => {
    online();
    world.socket.end(code);
    expect(connection.state.phase).toBe("waiting");
    await world.pass(30_000);
    expect(world.sockets.length).toBeGreaterThan(1);
  });

  test.each([
    [4401, "ended"],
    [4403, "expired"],
  ] as const)("%i stops until there is a new session: %s", async (code, phase) => {
    online();
    world.socket.end(code);
    await world.pass(120_000);
    expect(world.sockets).toHaveLength(1);
    expect(connection.state.phase).toBe(phase);
    expect(events).toEqual([{ type: phase }]);
  });

  test("an expired frame stops at once and tells once", async () => {
    online();
    const socket = world.socket;
    socket.say({ type: "expired" });
    socket.end(4403);
    expect(events).toEqual([{ type: "expired" }]);
    connection.send("kept");
    await world.pass(60_000);
    connection.open("token-2", "v-1");
    world.socket.onopen?.();
    world.socket.say(welcome());
    expect(world.socket.of("send").map(({ text }) => text)).toEqual(["kept"]);
  });

  test("waits longer each time, never in step with others, and starts over after a welcome", async () => {
    expect(Array.from({ length: 9 }, (_, attempt) => backOff(attempt, () => 0.999))).toEqual([
      500, 1000, 1999, 3998, 7996, 15992, 29985, 29985, 29985,
    ]);
    expect(backOff(3, () => 0)).toBe(2000);
    world.chance = 0;
    online();
    world.socket.end(1006);
    await world.pass(250);
    world.socket.end(1006);
    await world.pass(499);
    expect(world.sockets).toHaveLength(2);
    await world.pass(1);
    expect(world.sockets).toHaveLength(3);
    world.socket.say(welcome());
    world.socket.end(1006);
    await world.pass(250);
    expect(world.sockets).toHaveLength(4);
  });
});

describe("the outbox", () => {
  test("nothing is sent before the welcome, then everything in order", () => {
    connection.open("token-1", "v-1");
    connection.send("one");
    connection.send("two");
    world.socket.onopen?.();
    expect(world.socket.of("send")).toEqual([]);
    world.socket.say(welcome());
    expect(world.socket.of("send").map(({ text }) => text)).toEqual(["one", "two"]);
  });

  test("an unacknowledged message is sent again under its id, an acknowledged one is not", async () => {
    online();
    const first = connection.send("one");
    const second = connection.send("two");
    world.socket.say(ack(first, 1));
    world.socket.end(1006);
    expect(connection.state.outbox.map(({ state }) => state)).toEqual(["sent", "queued"]);
    await world.pass(1_000);
    world.socket.onopen?.();
    world.socket.say(welcome());
    expect(world.socket.of("send")).toEqual([{ type: "send", clientMessageId: second, text: "two", visitorId: "v-1" }]);
  });

  test("a message whose entry the resume brings is not sent again", async () => {
    online();
    const id = connection.send("one");
    world.socket.end(1006);
    await world.pass(1_000);
    world.socket.onopen?.();
    world.socket.say(welcome({ entries: [own(1, id)] }));
    expect(world.socket.of("send")).toEqual([]);
    expect(connection.state.outbox).toEqual([]);
  });

  test.each(["ack first", "entry first"])("acknowledgement and entry in either order tell once: %s", (order) => {
    online();
    const id = connection.send("one");
    const frames = [ack(id, 1), { type: "entry", entry: own(1, id) } as const];
    for (const frame of order === "ack first" ? frames : frames.reverse()) world.socket.say(frame);
    expect(events.map(({ type }) => type)).toEqual(["sent"]);
    expect(connection.state.outbox).toEqual([]);
    expect(shown()).toEqual(["c-1/1"]);
  });

  test("a refused message waits for the visitor's hand and keeps its id", async () => {
    online();
    const id = connection.send("one");
    world.socket.say({ type: "refused", clientMessageId: id, code: "RATE_LIMITED", message: "slow down" });
    expect(connection.state.outbox[0]).toMatchObject({ state: "failed", failure: "RATE_LIMITED" });
    world.socket.end(1006);
    await world.pass(1_000);
    world.socket.onopen?.();
    world.socket.say(welcome());
    expect(world.socket.of("send")).toEqual([]);
    connection.retry(id);
    expect(world.socket.of("send")).toEqual([{ type: "send", clientMessageId: id, text: "one", visitorId: "v-1" }]);
  });

  test("what was written before signing in is not sent as the signed-in person", () => {
    online();
    connection.send("planted");
    connection.changeIdentity(true);
    connection.open("token-2", "v-1");
    world.socket.onopen?.();
    world.socket.say(welcome({ assurance: "VERIFIED" }));
    expect(world.socket.of("send")).toEqual([]);
    expect(connection.state.outbox[0]).toMatchObject({ state: "failed", failure: "VISITOR_CHANGED" });
  });

  test("a wipe leaves nothing", async () => {
    online(welcome({ entries: [entry(1)] }));
    connection.send("mine");
    connection.wipe();
    expect(connection.state).toEqual({ phase: "idle", thread: [], outbox: [], typing: null, welcomed: false });
    await world.pass(120_000);
    expect(world.sockets).toHaveLength(1);
    expect(world.socket.closed).toBe(true);
  });
});

describe("small signs", () => {
  test("read marks go out once, and only forward", () => {
    online(welcome({ entries: [entry(1), entry(2)], conversation: conversation({ readByVisitor: 1 }) }));
    connection.markRead();
    connection.markRead();
    expect(world.socket.of("read")).toEqual([{ type: "read", conversationId: "c-1", sequence: 2 }]);
    world.socket.say({ type: "conversation", conversation: conversation({ readByVisitor: 1 }) });
    connection.markRead();
    expect(world.socket.of("read")).toHaveLength(1);
  });

  test("typing is said at most once every 3 s", async () => {
    online();
    connection.typing();
    await world.pass(2_999);
    connection.typing();
    expect(world.socket.of("typing")).toHaveLength(1);
    await world.pass(1);
    connection.typing();
    expect(world.socket.of("typing")).toHaveLength(2);
  });

  test("an agent's typing fades, or ends with the message", async () => {
    online();
    world.socket.say({ type: "typing", name: "Camille" });
    expect(connection.state.typing).toBe("Camille");
    await world.pass(5_000);
    expect(connection.state.typing).toBeNull();
    world.socket.say({ type: "typing", name: "Camille" });
    world.socket.say({ type: "entry", entry: entry(1) });
    expect(connection.state.typing).toBeNull();
  });

  test("a renewed token goes over the open socket", () => {
    online();
    connection.renew("token-2");
    expect(world.socket.of("renew")).toEqual([{ type: "renew", token: "token-2" }]);
    expect(world.sockets).toHaveLength(1);
  });

  test("a conversation's beginning and end are told once, replays are not", () => {
    online(welcome({ conversation: null }));
    world.socket.say({ type: "conversation", conversation: conversation() });
    world.socket.say({ type: "conversation", conversation: conversation({ lastSequence: 1 }) });
    world.socket.say({ type: "conversation", conversation: conversation({ state: "CLOSED" }) });
    expect(events.map(({ type }) => type)).toEqual(["started", "closed"]);
  });
});
