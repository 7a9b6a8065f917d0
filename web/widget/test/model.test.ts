/**
 * Random histories of a browser: sign-ins, sign-outs, slow and faulty providers, lost networks, closed tabs, jumping clocks. The tag
 * and the chat are the real ones; browser and server are models. After every step the promises of `loader/src/machine.ts` and
 * `client/src/phase.ts` are looked at:
 *
 * - nothing of one person is drawn for another, or stored as another's;
 * - the provider is asked once at a time in a browser (where the browser has locks);
 * - every `activate` and every `logout` settles;
 * - after a sign-out nothing is drawn, in that tab at once and in the others within a second, until a page activates again;
 * - what was signed out is ended on the server, as soon as it can be reached.
 *
 * The same histories every time, so that a failure is of the change at hand; `MODEL_SEED=735942` lives others, `MODEL_RUNS=1` one of them.
 */
import { isLocked } from "@signet/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Browser, Violation } from "./model/browser";
import type { TabModel } from "./model/browser";
import { Chance } from "./model/chance";
import { Server } from "./model/server";

const FIRST = Number(process.env["MODEL_SEED"] ?? 1);
const RUNS = Number(process.env["MODEL_RUNS"] ?? 2_000);
const STEPS = 20;
const MINUTE = 60_000;
/** A message takes its way from the page to the frame. */
const CHANNEL = 20;

const original = globalThis.BroadcastChannel;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-11-20T12:00:00.000Z"), toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"] });
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  globalThis.BroadcastChannel = original;
});

/** What a screen draws of a chat: nothing while nobody is there, while it is locked, or while it is not sure who is there. */
function drawn(tab: TabModel): { reader: string; texts: string[] }[] {
  return tab.chats.flatMap(({ state }) => {
    const { session, connection, draft } = state;
    if (session.session === null || isLocked(session) || session.newcomer) return [];
    const entries = connection.thread.flatMap((part) => part.entries.map(({ text }) => text ?? ""));
    const texts = [...entries, ...connection.outbox.map(({ text }) => text), draft];
    return [{ reader: session.session.visitorId, texts: texts.filter((text) => text !== "") }];
  });
}

/** Whose a text is: visitors' texts and agents' both name the visitor. */
const writerOf = (text: string): string => /^(?:of|to) (\S+)/.exec(text)?.[1] ?? "";

function look(browser: Browser): void {
  const { server, tabs } = browser;
  for (const tab of tabs) {
    for (const { reader, texts } of drawn(tab)) {
      const foreign = texts.find((text) => !server.belongs(writerOf(text), reader));
      if (foreign) throw new Violation(`"${foreign}" is drawn for ${reader}`);
    }
    if (tab.silentSince !== null && Date.now() - tab.silentSince > 1_000 && drawn(tab).length > 0) {
      throw new Violation("somebody is there after a sign-out");
    }
  }
  const misplaced = server.stored.find(({ visitorId, text }) => !server.belongs(writerOf(text), visitorId));
  if (misplaced) throw new Violation(`"${misplaced.text}" is stored as ${misplaced.visitorId}'s`);
}

/** Lets time pass, looking often. */
async function pass(browser: Browser, milliseconds: number): Promise<void> {
  const until = 8;
  for (let part = 0; part < until; part += 1) {
    await vi.advanceTimersByTimeAsync(milliseconds / until);
    look(browser);
  }
}

/** What can happen next, by its name. */
function happenings(browser: Browser): Record<string, () => void> {
  const { chance, server, tabs } = browser;
  const tab = tabs.length > 0 ? chance.of(...tabs) : browser.open();
  return {
    open: () => tabs.length < 3 && browser.open().activate(),
    close: () => {
      if (tabs.length < 2) return;
      tab.close();
      tabs.splice(tabs.indexOf(tab), 1);
    },
    "sign in": () => {
      browser.userId = chance.of("jane", "mehdi");
      tab.activate();
    },
    "another person": () => {
      browser.userId = chance.of("jane", "mehdi");
    },
    "sign out": () => {
      browser.userId = null;
      tab.logout();
    },
    "go on as guest": () => {
      browser.userId = null;
      tab.logout();
      tab.activate();
    },
    activate: () => tab.activate(),
    logout: () => tab.logout(),
    write: () => tab.write(),
    "agent writes": () => server.agentWrites(),
    unlock: () => tab.chat?.unlock(),
    "confirm it is me": () => tab.chat?.state.session.newcomer && tab.chat.welcome(),
    "not me": () => tab.chat?.state.session.newcomer && tab.chat.disown(),
    mood: () => {
      browser.mood = chance.of("honest", "honest", "honest", "throws", "hangs", "anonymous", "nonsense");
      browser.providerDelay = chance.of(0, 5, 300, 5_000, 40_000);
    },
    network: () => setNetwork(browser, !browser.networkUp),
    "server down": () => {
      browser.serverDown = !browser.serverDown;
    },
    "clock jumps": () => {
      const jump = chance.of(-90, -10, 10, 90) * MINUTE;
      server.skew += jump;
      vi.setSystemTime(Date.now() + jump);
      for (const one of tabs) if (one.silentSince !== null) one.silentSince += jump;
    },
    "frame thrown away": () => tab.discard(),
  };
}

function setNetwork(browser: Browser, up: boolean): void {
  browser.networkUp = up;
  for (const tab of browser.tabs) tab.networkChanged(up);
}

/** Runs one history; throws with what happened if a promise is broken. */
async function live(seed: number): Promise<void> {
  const chance = new Chance(seed);
  const server = new Server();
  const browser = new Browser(server, chance, chance.next() < 0.85);
  const history: string[] = [];
  try {
    browser.open().activate();
    for (let step = 0; step < STEPS; step += 1) {
      const possible = happenings(browser);
      const name = chance.of(...Object.keys(possible));
      history.push(`${name}`);
      possible[name]?.();
      const milliseconds = chance.of(1, 1, CHANNEL, CHANNEL, 300, 1_500, 10_000, 50 * MINUTE);
      history.push(`${milliseconds} ms`);
      await pass(browser, milliseconds);
    }
    history.push("all is well again");
    browser.mood = "honest";
    browser.providerDelay = 0;
    browser.serverDown = false;
    setNetwork(browser, true);
    await pass(browser, 5 * MINUTE);
    for (const { settled } of browser.tabs) {
      const open = settled.find(({ done }) => !done);
      if (open) throw new Violation(`an ${open.what} has not settled`);
    }
    await assertSignedOut(browser);
  } catch (error) {
    const text = error instanceof Error ? `${error.message}\n${error.stack ?? ""}` : String(error);
    throw new Error(`seed ${seed}${browser.hasLocks ? "" : ", without locks"}: ${history.join(", ")}\n${text}`, { cause: error });
  } finally {
    for (const tab of browser.tabs) tab.close();
    vi.clearAllTimers();
  }
}

/** A last sign-out leaves nothing: not on the server, not in storage, not in any tab. */
async function assertSignedOut(browser: Browser): Promise<void> {
  const tab = browser.tabs[0] ?? browser.open();
  browser.userId = null;
  const browserId = browser.storage.getItem("signet:demo:browser");
  tab.logout();
  await pass(browser, MINUTE);
  if (browserId !== null && tab.chats.length === 0) {
    const live = browser.server.liveSessions(browserId);
    if (live.length > 0) throw new Violation(`${live.join()} outlived the sign-out`);
  }
  if (browser.storage.length > 0) throw new Violation(`left in storage: ${[...browser.storage.map.keys()].join()}`);
}

test(`${RUNS} histories from seed ${FIRST}`, { timeout: 300_000 }, async () => {
  for (let run = 0; run < RUNS; run += 1) await live(FIRST + run);
  expect(RUNS).toBeGreaterThan(0);
});
