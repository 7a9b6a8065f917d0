/**
 * A browser with tabs on a brand's page, in small: the real tag and the real chat of every tab, and between them a channel, shared
 * storage, locks and a broadcast channel as browsers have them. Time is vitest's.
 */
import { isLocked } from "@signet/client";
import type { Environment } from "@signet/client";
import type { ToWidget } from "@signet/protocol";
import { createTag } from "../../../loader/src/tag";
import type { Tag } from "../../../loader/src/tag";
import type { Heard, Widget } from "../../../loader/src/frame";
import { unavailable } from "../../../loader/src/results";
import { Chat } from "../../src/chat";
import { createDeviceStore } from "../../src/device";
import { joinTabs } from "../../src/tabs";
import type { Chance } from "./chance";
import type { Server, ServerSocket } from "./server";

/** Local storage by its contract, in a map. */
class MapStorage implements Storage {
  readonly map = new Map<string, string>();
  get length(): number {
    return this.map.size;
  }
  clear = (): void => this.map.clear();
  key = (index: number): string | null => [...this.map.keys()][index] ?? null;
  getItem = (key: string): string | null => this.map.get(key) ?? null;
  setItem = (key: string, value: string): void => void this.map.set(key, value);
  removeItem = (key: string): void => void this.map.delete(key);
}

interface Waiting {
  owner: object;
  mode: string;
  run: () => Promise<unknown>;
}

/** Web Locks of one origin. A lock goes with the frame that holds or wants it. */
class Locks {
  readonly #queues = new Map<string, { held: Set<Waiting>; waiting: Waiting[] }>();

  /** The locks as one frame sees them. */
  for(owner: object): LockManager {
    const request = (name: string, first: unknown, second?: () => Promise<unknown>): Promise<unknown> =>
      new Promise((resolve) => {
        const queue = this.#queue(name);
        const work = (second ?? first) as () => Promise<unknown>;
        queue.waiting.push({ owner, mode: second ? "shared" : "exclusive", run: () => Promise.resolve(work()).then(resolve) });
        this.#grant(name);
      });
    const query = (): Promise<unknown> => {
      const held = [...this.#queues].flatMap(([name, queue]) => [...queue.held].map(() => ({ name })));
      return Promise.resolve({ held, pending: [] });
    };
    return { request, query } as unknown as LockManager;
  }

  release(owner: object): void {
    for (const [name, queue] of this.#queues) {
      queue.waiting = queue.waiting.filter((one) => one.owner !== owner);
      for (const one of queue.held) if (one.owner === owner) queue.held.delete(one);
      this.#grant(name);
    }
  }

  #queue(name: string): { held: Set<Waiting>; waiting: Waiting[] } {
    const queue = this.#queues.get(name) ?? { held: new Set(), waiting: [] };
    this.#queues.set(name, queue);
    return queue;
  }

  #grant(name: string): void {
    const queue = this.#queue(name);
    for (;;) {
      const next = queue.waiting[0];
      if (!next) return;
      const free = queue.held.size === 0 || (next.mode === "shared" && [...queue.held].every(({ mode }) => mode === "shared"));
      if (!free) return;
      queue.waiting.shift();
      queue.held.add(next);
      void next.run().finally(() => {
        queue.held.delete(next);
        this.#grant(name);
      });
    }
  }
}

/** What the brand's page says when it is asked who is there. */
export type ProviderMood = "honest" | "throws" | "hangs" | "anonymous" | "nonsense";

/** Something that must never be. */
export class Violation extends Error {}

/** One browser. */
export class Browser {
  readonly server: Server;
  readonly chance: Chance;
  readonly tabs: TabModel[] = [];
  readonly storage = new MapStorage();
  readonly locks = new Locks();
  readonly pageLocks = new Locks();
  readonly hasLocks: boolean;
  networkUp = true;
  /** Answers 503 to everything. */
  serverDown = false;
  mood: ProviderMood = "honest";
  providerDelay = 0;
  /** Whom the brand's cookie names. */
  userId: string | null = null;
  providerCalls = 0;
  /** Who listens to `BroadcastChannel`s of Signet's origin, and of the brand's. */
  readonly channels = new Set<FakeChannel>();
  readonly pageChannels = new Set<FakeChannel>();
  #tokens = 0;

  constructor(server: Server, chance: Chance, hasLocks: boolean) {
    this.server = server;
    this.chance = chance;
    this.hasLocks = hasLocks;
  }

  open(): TabModel {
    const tab = new TabModel(this);
    this.tabs.push(tab);
    return tab;
  }

  /** The page's token provider. */
  provide = async (): Promise<unknown> => {
    this.providerCalls += 1;
    if (this.hasLocks && this.providerCalls > 1) throw new Violation("two provider calls at once in one browser");
    const { mood, userId, providerDelay } = this;
    try {
      await new Promise<void>((resolve) => mood !== "hangs" && setTimeout(resolve, providerDelay));
    } finally {
      this.providerCalls -= 1;
    }
    if (mood === "throws") throw new Error("the brand's page has a fault");
    if (mood === "nonsense") return { authenticationOption: { type: "SECURED" } };
    if (mood === "anonymous" || userId === null) return { authenticationOption: { type: "ANONYMOUS" } };
    const token = `visitor:${userId}:${(this.#tokens += 1)}`;
    return { authenticationOption: { type: "SECURED_AUTHENTICATION", token } };
  };
}

/** `BroadcastChannel` among the frames, or the pages, of one browser. */
export class FakeChannel {
  onmessage: ((event: never) => void) | null = null;
  readonly #all: Set<FakeChannel>;
  readonly #listeners = new Set<(event: { data: unknown }) => void>();

  constructor(all: Set<FakeChannel>) {
    this.#all = all;
    all.add(this);
  }

  postMessage(data: unknown): void {
    for (const other of this.#all) {
      if (other !== this) setTimeout(() => other.#hear(structuredClone(data)), 1);
    }
  }

  addEventListener(_type: string, listener: (event: { data: unknown }) => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: string, listener: (event: { data: unknown }) => void): void {
    this.#listeners.delete(listener);
  }

  close(): void {
    this.#all.delete(this);
  }

  #hear(data: unknown): void {
    if (!this.#all.has(this)) return;
    this.onmessage?.({ data } as never);
    for (const listener of [...this.#listeners]) listener({ data });
  }
}

/** One widget's iframe: what it started ends with it. */
class Frame {
  alive = true;
  chat: Chat | null = null;
  readonly #browser: Browser;
  readonly #sockets = new Set<ServerSocket>();
  readonly #channel: FakeChannel;

  constructor(browser: Browser, port: { postMessage(message: unknown): void; onmessage: unknown }) {
    this.#browser = browser;
    const { chance, storage, locks, hasLocks } = browser;
    let ids = 0;
    const name = chance.below(2 ** 30);
    const newId = (): string => `${name}-${(ids += 1)}`;
    const environment: Environment = {
      openSocket: () => this.#openSocket(),
      now: () => Date.now(),
      random: chance.next,
      newId,
      setTimer: (action, milliseconds) => setTimeout(() => this.alive && action(), milliseconds),
      clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout),
    };
    const channel = new FakeChannel(browser.channels);
    this.#channel = channel;
    const global = globalThis as { BroadcastChannel?: unknown };
    global.BroadcastChannel = function BroadcastChannel() {
      return channel;
    };
    this.chat = new Chat({
      projectId: "demo",
      origin: "https://shop.example",
      port: port as MessagePort,
      sheet: false,
      rightToLeft: false,
      handOver: null,
      device: createDeviceStore("demo", true, () => storage, newId),
      tabs: joinTabs("demo", newId, hasLocks ? locks.for(this) : undefined),
      environment,
      fetch: (input, init) => this.#fetch(input, init),
      networkUp: browser.networkUp,
      warn: () => undefined,
    });
  }

  /** The frame is gone: its scripts stop where they are. */
  destroy(): void {
    this.alive = false;
    this.#browser.locks.release(this);
    this.#channel.close();
    for (const socket of this.#sockets) socket.close();
    this.chat = null;
  }

  networkChanged(up: boolean): void {
    if (!up) for (const socket of this.#sockets) socket.end(1006);
    this.chat?.networkChanged(up);
  }

  #openSocket(): ServerSocket {
    const { server, networkUp } = this.#browser;
    const socket = server.openSocket();
    this.#sockets.add(socket);
    if (!networkUp || !this.alive) socket.end(1006);
    return socket;
  }

  async #fetch(input: string, init: RequestInit): Promise<Response> {
    const { server, chance } = this.#browser;
    const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1 + chance.below(40)));
    await wait();
    if (!this.alive) return new Promise(() => undefined);
    if (!this.#browser.networkUp) throw new TypeError("network down");
    if (this.#browser.serverDown) return answer(503, {});
    const bearer = String((init.headers as Record<string, string> | undefined)?.["authorization"] ?? "").replace("Bearer ", "");
    let body: unknown = {};
    if (input.endsWith("/logout")) server.logout(bearer);
    else if (input.endsWith("/activate")) body = server.activate(JSON.parse(String(init.body)));
    else body = { entries: [], conversations: [], before: null };
    await wait();
    if (!this.alive) return new Promise(() => undefined);
    // An answer may be lost although the server has acted.
    if (!this.#browser.networkUp) throw new TypeError("network down");
    server.deliver(body);
    return answer(200, body, new Date(server.now()).toUTCString());
  }
}

function answer(status: number, body: unknown, date = ""): Response {
  const headers = { get: (name: string) => (name === "date" ? date : null) };
  return { ok: status < 400, status, headers, json: () => Promise.resolve(body) } as unknown as Response;
}

/** One tab: the brand's page with the tag, and the widget's frame while there is one. */
export class TabModel {
  readonly tag: Tag;
  readonly settled: { what: string; done: boolean }[] = [];
  /** Since when nothing of anybody may be seen here, until the page activates again. */
  silentSince: number | null = null;
  closed = false;
  readonly #browser: Browser;
  readonly #channel: FakeChannel;
  #frames: Frame[] = [];
  #words = 0;

  constructor(browser: Browser) {
    this.#browser = browser;
    const { hasLocks, pageLocks } = browser;
    const locks = pageLocks.for(this);
    this.#channel = new FakeChannel(browser.pageChannels);
    this.tag = createTag({
      tabs: this.#channel as unknown as BroadcastChannel,
      openWidget: (listener) => this.#openWidget(listener),
      alone: (work) => (hasLocks ? (locks.request("signet", work) as Promise<never>) : work()),
      callback: () => undefined,
      customData: () => "undefined",
      warn: () => undefined,
    });
  }

  get chats(): Chat[] {
    return this.#frames.flatMap(({ chat }) => chat ?? []);
  }

  /** The newest frame's chat. */
  get chat(): Chat | null {
    return this.#frames.at(-1)?.chat ?? null;
  }

  activate(): void {
    this.silentSince = null;
    this.#expect("activate", this.tag.activate(this.#browser.provide));
  }

  logout(): void {
    // A tab whose chat is still loading hears of nothing: what its page begins there is begun after the sign-out.
    for (const tab of this.#browser.tabs) {
      if (tab === this || tab.chat?.state.session.session) tab.silentSince ??= Date.now();
    }
    this.#expect("logout", this.tag.logout());
  }

  write(): void {
    const { chat } = this;
    const visitorId = chat?.state.session.session?.visitorId;
    if (!chat || !visitorId || isLocked(chat.state.session)) return;
    chat.setDraft(`of ${visitorId} #${(this.#words += 1)}`);
    if (this.#browser.chance.next() < 0.7) chat.send();
  }

  /** The page throws its frames away. */
  discard(): void {
    for (const frame of this.#frames) frame.destroy();
    this.#frames = [];
    this.tag.revive();
  }

  close(): void {
    this.closed = true;
    for (const frame of this.#frames) frame.destroy();
    this.#frames = [];
    this.#browser.pageLocks.release(this);
    this.#channel.close();
  }

  networkChanged(up: boolean): void {
    for (const frame of this.#frames) frame.networkChanged(up);
    if (up) this.tag.revive();
  }

  #expect(what: string, promise: Promise<unknown>): void {
    const one = { what, done: false };
    this.settled.push(one);
    void promise.then(() => {
      one.done = true;
    });
  }

  #openWidget(listener: (message: Heard) => void): Promise<Widget> {
    const { chance } = this.#browser;
    return new Promise((resolve, reject) => {
      // A frame that never answers is given up.
      setTimeout(() => reject(unavailable("the chat could not be loaded") as unknown as Error), 12_000);
      setTimeout(() => {
        if (this.closed) return;
        if (!this.#browser.networkUp) return reject(unavailable("the chat could not be loaded") as unknown as Error);
        const toFrame: { onmessage: ((event: { data: unknown }) => void) | null } = { onmessage: null };
        const late = (action: () => void): unknown => setTimeout(action, 1);
        const port = {
          ...toFrame,
          postMessage: (message: unknown) => {
            const heard = structuredClone(message) as Heard;
            if (heard.type === "ready") late(() => frame.alive && resolve(widget));
            else late(() => !this.closed && frame.alive && listener(heard));
          },
        };
        const frame: Frame = new Frame(this.#browser, port);
        this.#frames.push(frame);
        const widget: Widget = {
          post: (message: ToWidget) => late(() => frame.alive && port.onmessage?.({ data: structuredClone(message) })),
          place: (_opened, size) => ({ ...size, bottom: 0 }),
          hide: () => null,
          check: () => frame.alive || listener({ type: "lost" }),
          remove: () => {
            frame.destroy();
            this.#frames = this.#frames.filter((one) => one !== frame);
          },
        };
      }, chance.below(400));
    });
  }
}
