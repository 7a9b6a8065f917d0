import type { ChatboxStatus, ToWidget } from "@signet/protocol";
import { describe, expect, test, vi } from "vitest";
import type { Heard, Widget } from "../src/frame";
import { unavailable } from "../src/results";
import type { Failure } from "../src/results";
import { createTag } from "../src/tag";
import type { Tag } from "../src/tag";

const secured = (token: string) => () => ({ authenticationOption: { type: "SECURED_AUTHENTICATION", token } });
const anonymous = () => ({ authenticationOption: { type: "ANONYMOUS" } });

interface Reachable {
  tag: Tag;
  /** What the tag has told the widget, in order. */
  told: ToWidget[];
  /** Speaks as the widget of the newest iframe. */
  say(message: Heard): void;
  /** The page throws the iframe away. `told`: the browser says so; else only a look at it does. */
  discard(told: boolean): void;
  /** Waits until the tag has told the widget something of this type, and takes it. */
  heard<T extends ToWidget["type"]>(type: T): Promise<Extract<ToWidget, { type: T }>>;
  warnings: string[];
  calls: unknown[][];
  opened: () => number;
  removed: () => number;
}

/** A tag whose iframe is the test: the channel's two ends without a browser between them. */
interface Options {
  refusal?: Failure;
  customData?: string;
  loading?: Promise<void>;
  alone?: (work: () => Promise<unknown>) => Promise<unknown>;
}

function embed(options: Options = {}): Reachable {
  const told: ToWidget[] = [];
  const warnings: string[] = [];
  const calls: unknown[][] = [];
  let opened = 0;
  let removed = 0;
  let speak: (message: Heard) => void = () => undefined;
  let present = true;
  const tag = createTag({
    alone: (work) => (options.alone ?? ((now) => now()))(work) as never,
    openWidget: (listener) => {
      opened += 1;
      if (options.refusal) return Promise.reject(options.refusal);
      present = true;
      speak = listener;
      const widget: Widget = {
        post: (message) => void told.push(message),
        place: (_opened, size) => ({ ...size, bottom: 0, right: 0 }),
        hide: () => null,
        check: () => present || listener({ type: "lost" }),
        remove: () => {
          removed += 1;
        },
      };
      return Promise.resolve(options.loading).then(() => widget);
    },
    callback: (name) => (context: unknown) => calls.push([name, context]),
    customData: () => options.customData ?? "undefined",
    warn: (text) => warnings.push(text),
  });
  return {
    tag,
    told,
    warnings,
    calls,
    say: (message) => speak(message),
    discard: (noticed) => {
      present = false;
      if (noticed) speak({ type: "lost" });
    },
    heard: (type) =>
      vi.waitFor(() => {
        const index = told.findIndex((message) => message.type === type);
        if (index < 0) throw new Error(`nothing of type ${type} yet`);
        return told.splice(index, 1)[0] as never;
      }),
    opened: () => opened,
    removed: () => removed,
  };
}

function state(conversationId: string | null, chatbox: ChatboxStatus, unread: number): Heard {
  return {
    type: "state",
    properties: {
      "conversation:id": conversationId,
      "visitor:assurance": "VERIFIED",
      "conversation:unreadCount": unread,
      "chatbox:status": chatbox,
    },
  };
}

async function accept({ heard, say }: Reachable): Promise<void> {
  const { id } = await heard("activate");
  say({ type: "activated", id, correlationId: "c-0" });
}

async function activated(provider: () => unknown): Promise<Reachable> {
  const page = embed();
  const activation = page.tag.activate(provider);
  await accept(page);
  await activation;
  return page;
}

describe("activate", () => {
  test("resolves with exactly the printed object", async () => {
    const page = embed();
    const activation = page.tag.activate(async () => secured("visitor-token")());
    await accept(page);
    expect(JSON.stringify(await activation, null, 2)).toBe(
      `{
  "authentication": {
    "option": {
      "type": "SECURED_AUTHENTICATION",
      "token": "visitor-token"
    },
    "status": "authentication-success"
  }
}`,
    );
    expect(page.tag.phase).toBe("secured");
  });

  test("calls onResult with the same object, and what that throws stops nothing", async () => {
    const report = vi.spyOn(console, "error").mockReturnValue();
    const page = embed();
    const onResult = vi.fn(() => {
      throw new Error("the page's own mistake");
    });
    const activation = page.tag.activate(anonymous, onResult);
    await accept(page);
    const result = await activation;
    expect(onResult).toHaveBeenCalledExactlyOnceWith(result);
    await vi.waitFor(() => expect(report).toHaveBeenCalledOnce());
    report.mockRestore();
  });

  test.each([
    ["undefined", () => undefined],
    ["null", () => ({ authenticationOption: null })],
    ["an unknown type", () => ({ authenticationOption: { type: "SIMPLE", token: "t" } })],
    ["no token", () => ({ authenticationOption: { type: "SECURED_AUTHENTICATION" } })],
    ["an empty token", secured("")],
    ["a token that is no text", () => ({ authenticationOption: { type: "SECURED_AUTHENTICATION", token: 7 } })],
  ])("a provider that returns %s fails with the documented sentence", async (_, provider) => {
    const { tag, told } = embed();
    const { authentication } = await tag.activate(provider);
    expect(authentication).toMatchObject({
      status: "authentication-failure",
      reason: "A valid authentication option must be provided",
      code: "OPTION_INVALID",
    });
    expect(tag.phase).toBe("idle");
    expect(told).toEqual([]);
  });

  test.each([
    ["throws", () => { throw new Error("no session"); }],
    ["rejects", () => Promise.reject(new Error("no session"))],
    ["is none", undefined],
  ])("a provider that %s is told apart by its code", async (_, provider) => {
    const report = vi.spyOn(console, "error").mockReturnValue();
    const { authentication } = await embed().tag.activate(provider);
    expect(authentication).toEqual({
      option: null,
      status: "authentication-failure",
      reason: "A valid authentication option must be provided",
      code: "PROVIDER_FAILED",
    });
    report.mockRestore();
  });

  test("a second call before the first has settled is refused, and the first goes on", async () => {
    const page = embed();
    const first = page.tag.activate(secured("one"));
    expect((await page.tag.activate(secured("two"))).authentication).toEqual({
      option: { type: "SECURED_AUTHENTICATION", token: "two" },
      status: "authentication-failure",
      reason: "An activation is already ongoing",
      code: "ACTIVATION_ONGOING",
    });
    await accept(page);
    expect((await first).authentication.status).toBe("authentication-success");
  });

  test("a second login under way from anonymous has a sentence of its own", async () => {
    const page = await activated(anonymous);
    const login = page.tag.activate(secured("one"));
    expect((await page.tag.activate(secured("two"))).authentication.reason).toBe("A login is already ongoing");
    await accept(page);
    await login;
    expect(page.tag.phase).toBe("secured");
  });

  test.each([
    ["secured after secured", secured("a"), secured("b")],
    ["anonymous after secured", secured("a"), anonymous],
    ["anonymous after anonymous", anonymous, anonymous],
  ])("%s is refused and leaves the session alone", async (_, first, second) => {
    const page = await activated(first);
    const phase = page.tag.phase;
    expect((await page.tag.activate(second)).authentication).toMatchObject({
      status: "authentication-failure",
      reason: "Can't activate twice, please logout first",
      code: "ALREADY_ACTIVATED",
    });
    expect(page.tag.phase).toBe(phase);
    expect(page.told).toEqual([]);
  });

  test("a token the platform refuses passes on its sentence, code and number, and nothing falls back", async () => {
    const page = await activated(anonymous);
    const login = page.tag.activate(secured("old"));
    const { id } = await page.heard("activate");
    const reason = "Failed to fetch authentication with a server error: the token has expired";
    page.say({ type: "refused", id, reason, code: "TOKEN_EXPIRED", correlationId: "c-1" });
    expect((await login).authentication).toEqual({
      option: { type: "SECURED_AUTHENTICATION", token: "old" },
      status: "authentication-failure",
      reason,
      code: "TOKEN_EXPIRED",
      correlationId: "c-1",
    });
    expect(page.tag.phase).toBe("anonymous");
  });

  test.each([
    ["before anything else", false],
    ["from anonymous", true],
  ])("a token that is only observed is told truthfully and leaves the visitor anonymous, %s", async (_, afterStart) => {
    const page = afterStart ? await activated(anonymous) : embed();
    for (const [code, status] of [
      ["TOKEN_EXPIRED", "authentication-failure"],
      [null, "authentication-success"],
    ] as const) {
      const login = page.tag.activate(secured("t"));
      const { id } = await page.heard("activate");
      const reason = code && "Failed to fetch authentication with a server error: the token has expired";
      page.say({ type: "observed" });
      if (code && reason) page.say({ type: "refused", id, reason, code, correlationId: "c-1" });
      else page.say({ type: "activated", id, correlationId: "c-1" });
      const option = { type: "SECURED_AUTHENTICATION", token: "t" };
      expect((await login).authentication).toEqual(
        code ? { option, status, reason, code, correlationId: "c-1" } : { option, status },
      );
      expect(page.tag.phase).toBe("anonymous");
    }
  });

  test("resolves with a failure when the chat cannot be loaded, and may be tried again", async () => {
    const page = embed({ refusal: unavailable("the chat could not be loaded") });
    const { authentication } = await page.tag.activate(secured("a"));
    expect(authentication.code).toBe("SERVICE_UNAVAILABLE");
    expect(authentication.reason).toMatch(/^Failed to fetch authentication with a server error/);
    expect(page.tag.phase).toBe("idle");
    await page.tag.activate(secured("a"));
    expect(page.opened()).toBe(2);
  });

  test("passes on why this page cannot have a chat", async () => {
    const refusal = { code: "ORIGIN_NOT_ALLOWED", reason: "the documented sentence" };
    const page = embed({ refusal });
    expect((await page.tag.activate(anonymous)).authentication).toEqual({
      option: { type: "ANONYMOUS" },
      status: "authentication-failure",
      ...refusal,
    });
    expect(page.tag.phase).toBe("idle");
  });

  test("waits for a start the page did not ask for, then upgrades it", async () => {
    const page = embed();
    const start = page.tag.start();
    const activation = page.tag.activate(secured("a"));
    await accept(page);
    await start;
    await accept(page);
    expect((await activation).authentication.status).toBe("authentication-success");
    expect(page.tag.phase).toBe("secured");
  });
});

describe("logout", () => {
  test("removes the widget, forgets the provider and lets a new activation begin", async () => {
    const page = await activated(secured("a"));
    page.say(state("c", "REDUCED", 2));
    const heardLogout = vi.fn();
    page.tag.properties.on("authentication:logout", heardLogout);
    const logout = page.tag.logout();
    page.say({ type: "loggedOut", id: (await page.heard("logout")).id, revoked: true });
    await logout;
    expect(page.tag.phase).toBe("loggedOut");
    expect(page.removed()).toBe(1);
    expect(page.tag.properties.get("conversation:id")).toBeNull();
    expect(page.tag.properties.get("chatbox:status")).toBe("HIDDEN");
    expect(heardLogout).toHaveBeenCalledOnce();
    const again = page.tag.activate(anonymous);
    await accept(page);
    expect((await again).authentication.status).toBe("authentication-success");
    expect(page.opened()).toBe(2);
  });

  test("overtakes an activation under way, whose late answer changes nothing", async () => {
    const page = embed();
    const activation = page.tag.activate(secured("a"));
    const { id } = await page.heard("activate");
    const logout = page.tag.logout();
    expect((await activation).authentication.status).toBe("authentication-failure");
    page.say({ type: "activated", id, correlationId: "c-0" });
    page.say({ type: "loggedOut", id: (await page.heard("logout")).id, revoked: true });
    await logout;
    expect(page.tag.phase).toBe("loggedOut");
  });

  test("while the chat is loading, the activation is not begun any more", async () => {
    let loaded = (): void => undefined;
    const page = embed({ loading: new Promise((resolve) => (loaded = resolve)) });
    const provider = vi.fn(secured("a"));
    const activation = page.tag.activate(provider);
    await vi.waitFor(() => expect(provider).toHaveReturned());
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve(); // the tag takes the provider's answer
    const logout = page.tag.logout();
    loaded();
    page.say({ type: "loggedOut", id: (await page.heard("logout")).id, revoked: true });
    await logout;
    expect((await activation).authentication.code).toBe("SERVICE_UNAVAILABLE");
    expect(page.told).toEqual([]);
    expect(page.tag.phase).toBe("loggedOut");
  });

  test("called twice it is one", async () => {
    const page = await activated(secured("a"));
    const both = [page.tag.logout(), page.tag.logout()];
    page.say({ type: "loggedOut", id: (await page.heard("logout")).id, revoked: true });
    await Promise.all(both);
    expect(page.opened()).toBe(1);
    expect(page.told).toEqual([]);
  });

  test("an activation called while it runs waits for it", async () => {
    const page = await activated(secured("a"));
    const logout = page.tag.logout();
    const activation = page.tag.activate(anonymous);
    page.say({ type: "loggedOut", id: (await page.heard("logout")).id, revoked: true });
    await logout;
    await accept(page);
    await activation;
    expect(page.tag.phase).toBe("anonymous");
  });

  test("is the last word: an activation that waited for it is not begun after another one", async () => {
    const page = await activated(secured("a"));
    const logout = page.tag.logout();
    const activation = page.tag.activate(anonymous);
    const again = page.tag.logout();
    page.say({ type: "loggedOut", id: (await page.heard("logout")).id, revoked: true });
    await Promise.all([logout, again]);
    expect((await activation).authentication.status).toBe("authentication-failure");
    expect(page.tag.phase).toBe("loggedOut");
  });

  test("a widget that could not revoke stays out of view until it has", async () => {
    const page = await activated(secured("a"));
    const logout = page.tag.logout();
    page.say({ type: "loggedOut", id: (await page.heard("logout")).id, revoked: false });
    await logout;
    expect(page.removed()).toBe(0);
    page.say({ type: "revoked" });
    await vi.waitFor(() => expect(page.removed()).toBe(1));
  });
});

describe("an iframe that the page throws away", () => {
  test.each([true, false])("leaves room for the next activation (noticed by the browser: %s)", async (noticed) => {
    const page = await activated(secured("a"));
    page.say(state("c", "OPENED", 0));
    const events = vi.fn();
    page.tag.properties.on("authentication:logout", events);
    page.discard(noticed);
    const again = page.tag.activate(secured("b"));
    await accept(page);
    expect((await again).authentication).toEqual({
      option: { type: "SECURED_AUTHENTICATION", token: "b" },
      status: "authentication-success",
    });
    expect(page.opened()).toBe(2);
    expect(page.tag.phase).toBe("secured");
    expect(page.tag.properties.get("chatbox:status")).toBe("HIDDEN");
    // Nobody signed out: a page that signs its visitor out with the chat must not do so now.
    expect(events).not.toHaveBeenCalled();
  });

  test("comes back with the next look, by a fresh word of the provider", async () => {
    const provider = vi.fn(secured("a"));
    const page = await activated(provider);
    page.tag.revive();
    await page.heard("customData");
    expect(page.opened()).toBe(1);
    page.discard(false);
    page.tag.show(true);
    await accept(page);
    expect(page.told).toEqual([{ type: "open" }]);
    await vi.waitFor(() => expect(page.tag.phase).toBe("secured"));
    expect(provider).toHaveBeenCalledTimes(2);
    expect(page.opened()).toBe(2);
  });

  test("fails an activation under way, and the next one succeeds", async () => {
    const page = embed();
    const activation = page.tag.activate(secured("a"));
    await page.heard("activate");
    page.discard(true);
    expect((await activation).authentication).toMatchObject({
      reason: "Failed to fetch authentication with a server error: the chat was closed",
      code: "SERVICE_UNAVAILABLE",
    });
    const again = page.tag.activate(secured("a"));
    await accept(page);
    expect((await again).authentication.status).toBe("authentication-success");
  });

  test("is looked for while it owes an answer", async () => {
    vi.useFakeTimers();
    try {
      const page = embed();
      const activation = page.tag.activate(secured("a"));
      await vi.advanceTimersByTimeAsync(0);
      page.discard(false);
      await vi.advanceTimersByTimeAsync(1_000);
      expect((await activation).authentication.code).toBe("SERVICE_UNAVAILABLE");
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test("does not come back after a sign-out", async () => {
    const page = await activated(secured("a"));
    page.discard(true);
    const logout = page.tag.logout();
    page.say({ type: "loggedOut", id: (await page.heard("logout")).id, revoked: true });
    await logout;
    page.tag.revive();
    expect(page.tag.phase).toBe("loggedOut");
    expect(page.opened()).toBe(2); // to wipe what is stored
  });
});

describe("a session's life", () => {
  test("asks the kept provider anew each time the widget wants a proof", async () => {
    let issued = 0;
    const page = await activated(() => secured(`token-${(issued += 1)}`)());
    page.say({ type: "ask", id: 9 });
    expect(await page.heard("answer")).toEqual({
      type: "answer",
      id: 9,
      option: { type: "SECURED_AUTHENTICATION", token: "token-2" },
    });
  });

  test("expiry is told to the page and undone by a new proof", async () => {
    const page = await activated(secured("a"));
    const expired = vi.fn();
    page.tag.properties.on("authentication:expired", expired);
    page.say({ type: "expired" });
    expect(expired).toHaveBeenCalledOnce();
    expect(page.tag.phase).toBe("expired");
    page.say({ type: "restored" });
    expect(page.tag.phase).toBe("secured");
  });

  test("an expired session is never turned into an anonymous one", async () => {
    const page = await activated(secured("a"));
    page.say({ type: "expired" });
    expect((await page.tag.activate(anonymous)).authentication.code).toBe("ALREADY_ACTIVATED");
    expect(page.tag.phase).toBe("expired");
  });

  test("a session ended elsewhere takes the widget away", async () => {
    const page = await activated(secured("a"));
    page.say({ type: "ended" });
    expect(page.tag.phase).toBe("loggedOut");
    expect(page.removed()).toBe(0); // it may still owe the server word
    page.say({ type: "revoked" });
    await vi.waitFor(() => expect(page.removed()).toBe(1));
  });

  test("properties change with the widget's state and tell every listener once", async () => {
    const page = await activated(anonymous);
    const first = vi.fn();
    const second = vi.fn();
    page.tag.properties.on("conversation:idChange", first);
    page.tag.properties.on("conversation:idChange", second);
    page.say(state("c-1", "OPENED", 0));
    page.say(state("c-1", "OPENED", 1));
    expect(first).toHaveBeenCalledExactlyOnceWith("c-1");
    expect(second).toHaveBeenCalledExactlyOnceWith("c-1");
    page.tag.properties.off("conversation:idChange", second);
    page.say(state(null, "OPENED", 1));
    expect(first).toHaveBeenLastCalledWith(null);
    expect(second).toHaveBeenCalledOnce();
  });

  test("the page's callbacks get the widget's contexts", async () => {
    const page = await activated(anonymous);
    page.say({ type: "callback", name: "onMessageSent", context: { time: 1, msg: "hello" } });
    expect(page.calls).toEqual([["onMessageSent", { time: 1, msg: "hello" }]]);
  });

  test("what the page says of the visitor goes with the activation, and again whenever the page may have moved on", async () => {
    const customData = JSON.stringify({ extID: "customer-1" });
    const page = embed({ customData });
    const activation = page.tag.activate(anonymous);
    const message = await page.heard("activate");
    expect(message.customData).toBe(customData);
    page.say({ type: "activated", id: message.id, correlationId: "c-0" });
    await activation;
    page.tag.revive();
    expect((await page.heard("customData")).customData).toBe(customData);
  });

  test("authentication events carry the number of the activation", async () => {
    const page = embed();
    const heard: unknown[] = [];
    for (const event of ["success", "expired", "logout"]) {
      page.tag.properties.on(`authentication:${event}`, (value) => heard.push([event, value]));
    }
    const activation = page.tag.activate(secured("a"));
    await accept(page);
    const { authentication } = await activation;
    expect(authentication).not.toHaveProperty("correlationId");
    page.say({ type: "expired" });
    page.say({ type: "ended" });
    expect(heard).toEqual([
      ["success", { authentication: { ...authentication, correlationId: "c-0" } }],
      ["expired", { correlationId: "c-0" }],
      ["logout", { correlationId: "c-0" }],
    ]);
  });

  test("a guest whose other tab signed in follows without an activation of the page", async () => {
    const page = await activated(anonymous);
    page.say({ type: "restored" });
    expect(page.tag.phase).toBe("secured");
  });
});

describe("the provider", () => {
  test("is called once at a time: a second call waits until the first has its answer", async () => {
    let turn: Promise<unknown> = Promise.resolve();
    const page = embed({ alone: (work) => (turn = turn.then(work)) });
    let running = 0;
    let most = 0;
    const provider = async (): Promise<unknown> => {
      most = Math.max(most, (running += 1));
      await Promise.resolve();
      running -= 1;
      return secured("a")();
    };
    const calls = [page.tag.activate(provider), page.tag.activate(provider), page.tag.activate(provider)];
    await accept(page);
    const statuses = (await Promise.all(calls)).map(({ authentication }) => authentication.code ?? authentication.status);
    expect(statuses).toEqual(["authentication-success", "ACTIVATION_ONGOING", "ACTIVATION_ONGOING"]);
    expect(most).toBe(1);
  });

  test("is not called any more for an activation that a sign-out overtook while it waited", async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const page = embed({ alone: async (work) => held.then(work) });
    const provider = vi.fn(secured("a"));
    const activation = page.tag.activate(provider);
    const logout = page.tag.logout();
    page.say({ type: "loggedOut", id: (await page.heard("logout")).id, revoked: true });
    await logout;
    release();
    expect((await activation).authentication.status).toBe("authentication-failure");
    expect(provider).not.toHaveBeenCalled();
  });
});

describe("what a page hands to the chat", () => {
  test("a sale recorded before the chat is there waits for it", async () => {
    const page = embed();
    page.tag.record({ id: "order-1", amount: 49.95 });
    expect(page.opened()).toBe(0);
    const activation = page.tag.activate(anonymous);
    expect(await page.heard("transaction")).toEqual({ type: "transaction", transaction: { id: "order-1", amount: 49.95 } });
    await accept(page);
    await activation;
    page.tag.record({ id: "order-2", amount: 5 });
    expect((await page.heard("transaction")).transaction.id).toBe("order-2");
  });

  test("a hand-over code is the widget's answer, and nothing without a widget", async () => {
    expect(await embed().tag.handOver("https://other.example")).toBeNull();
    const page = await activated(anonymous);
    const code = page.tag.handOver("https://other.example");
    const { id, origin } = await page.heard("handOver");
    expect(origin).toBe("https://other.example");
    page.say({ type: "handedOver", id, code: "one-time" });
    expect(await code).toBe("one-time");
  });
});
