import type { Session } from "@signet/protocol";
import { afterEach, describe, expect, test, vi } from "vitest";
import { isWord, joinTabs } from "../src/tabs";
import type { Tabs, Word } from "../src/tabs";

afterEach(() => vi.unstubAllGlobals());

const SESSION: Session = {
  accessToken: "a",
  sessionId: "s",
  visitorId: "v",
  assurance: "VERIFIED",
  expiresAt: "2026-11-20T13:00:00.000Z",
  renewFrom: "2026-11-20T12:48:00.000Z",
  renewUntil: "2026-11-20T12:57:00.000Z",
  displayName: "Jane",
  signOutHandle: "h",
  proofNonce: null,
};

const WORDS: Word[] = [
  { type: "logout", id: "1" },
  { type: "wiped", id: "1" },
  { type: "draft", visitorId: "v", text: "" },
  { type: "draftAsked", visitorId: "v" },
  { type: "proved", session: SESSION },
];

let made = 0;
const newId = (): string => `id-${(made += 1)}`;
const join = (project: string, locks?: LockManager): Tabs => joinTabs(project, newId, locks);

/** Web Locks by their contract, for one name at a time. */
class Locks {
  readonly held: { name: string; mode: string }[] = [];
  #turns = new Map<string, Promise<unknown>>();

  request = async (name: string, first: unknown, second?: () => Promise<unknown>): Promise<unknown> => {
    const work = (second ?? first) as () => Promise<unknown>;
    this.held.push({ name, mode: second ? "shared" : "exclusive" });
    if (second) return work();
    const turn = (this.#turns.get(name) ?? Promise.resolve()).then(work);
    this.#turns.set(name, turn);
    return turn;
  };
  query = (): Promise<LockManagerSnapshot> => Promise.resolve({ held: this.held as LockInfo[], pending: [] });
}

const locks = (): LockManager => new Locks() as unknown as LockManager;

test.each(WORDS.map((word) => [word]))("knows %o", (word) => {
  expect(isWord(word)).toBe(true);
});

test.each<unknown[]>([
  [null],
  [undefined],
  ["logout"],
  [{}],
  [{ type: "logout" }],
  [{ type: "draft", text: "nobody's" }],
  [{ type: "draft", visitorId: "v" }],
  [{ type: "draft", visitorId: 1, text: "t" }],
  [{ type: "proved", session: null }],
  [{ type: "proved", session: { ...SESSION, accessToken: 1 } }],
  [{ type: "proved", session: SESSION, key: "key" }],
  [{ type: "proved", session: SESSION, key: { pair: {} } }],
  [{ type: "other", visitorId: "v", text: "t" }],
])("takes no notice of %o", (heard) => {
  expect(isWord(heard)).toBe(false);
});

test("tells the other tabs of the project, not those of another", async () => {
  const [here, there, elsewhere] = [join("shop"), join("shop"), join("bank")];
  const heard: [string, Word][] = [];
  for (const [name, tabs] of Object.entries({ here, there, elsewhere })) tabs.onWord((word) => heard.push([name, word]));
  elsewhere.tell({ type: "draftAsked", visitorId: "v" });
  here.tell({ type: "draft", visitorId: "v", text: "half a sen" });
  await vi.waitFor(() => expect(heard).toHaveLength(1));
  expect(heard).toEqual([["there", { type: "draft", visitorId: "v", text: "half a sen" }]]);
});

test("a browser without channels or locks has tabs that are alone", async () => {
  vi.stubGlobal("BroadcastChannel", undefined);
  const tabs = join("shop");
  tabs.onWord(() => undefined);
  tabs.share(SESSION, null);
  await tabs.wipeOthers();
  expect(await tabs.alone(() => Promise.resolve("done"))).toBe("done");
});

test("one tab at a time proves identity, and the word of it comes before the next one's turn", async () => {
  const shared = locks();
  const [first, second] = [join("proofs", shared), join("proofs", shared)];
  const order: string[] = [];
  second.onWord((word) => order.push(`heard ${word.type}`));
  const both = [
    first.alone(async () => {
      order.push("first");
      first.share(SESSION, null);
      return Promise.resolve();
    }),
    second.alone(async () => Promise.resolve(void order.push("second"))),
  ];
  await Promise.all(both);
  expect(order).toEqual(["first", "heard proved", "second"]);
});

test("locks that are refused change nothing", async () => {
  const refusing = {
    request: () => Promise.reject(new DOMException("sandboxed", "SecurityError")),
    query: () => Promise.reject(new DOMException("sandboxed", "SecurityError")),
  } as unknown as LockManager;
  const tabs = join("refusing", refusing);
  expect(await tabs.alone(() => Promise.resolve("done"))).toBe("done");
  await tabs.wipeOthers();
});

describe("a sign-out", () => {
  const answer = (tabs: Tabs): void => {
    tabs.onWord((word) => {
      if (word.type === "logout") tabs.tell({ type: "wiped", id: word.id });
    });
  };

  test("waits until every other tab has wiped, and no longer", async () => {
    const shared = locks();
    const [here, second, third] = [join("wipe", shared), join("wipe", shared), join("wipe", shared)];
    answer(second);
    answer(third);
    const start = Date.now();
    await here.wipeOthers();
    expect(Date.now() - start).toBeLessThan(900);
  });

  test("does not wait for ever for a tab that says nothing", async () => {
    const shared = locks();
    const [here] = [join("mute", shared), join("mute", shared)];
    const start = Date.now();
    await here.wipeOthers();
    expect(Date.now() - start).toBeGreaterThanOrEqual(990);
  });
});
