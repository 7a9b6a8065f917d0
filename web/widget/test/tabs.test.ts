import { afterEach, expect, test, vi } from "vitest";
import { isWord, joinTabs } from "../src/tabs";
import type { Word } from "../src/tabs";

afterEach(() => vi.unstubAllGlobals());

test.each<Word>(["logout", { type: "draft", visitorId: "v", text: "" }, { type: "draftAsked", visitorId: "v" }])("knows %o", (word) => {
  expect(isWord(word)).toBe(true);
});

test.each([
  null,
  undefined,
  "login",
  {},
  { type: "draft", text: "nobody's" },
  { type: "draft", visitorId: "v" },
  { type: "draft", visitorId: 1, text: "t" },
  { type: "other", visitorId: "v", text: "t" },
])("takes no notice of %o", (heard) => {
  expect(isWord(heard)).toBe(false);
});

test("tells the other tabs of the project, not those of another", async () => {
  const [here, there, elsewhere] = [joinTabs("shop"), joinTabs("shop"), joinTabs("bank")];
  const heard: [string, Word][] = [];
  for (const [name, tabs] of Object.entries({ here, there, elsewhere })) tabs.onWord((word) => heard.push([name, word]));
  elsewhere.tell("logout");
  here.tell({ type: "draft", visitorId: "v", text: "half a sen" });
  await vi.waitFor(() => expect(heard).toHaveLength(1));
  expect(heard).toEqual([["there", { type: "draft", visitorId: "v", text: "half a sen" }]]);
});

test("a browser without channels has tabs that are alone", () => {
  vi.stubGlobal("BroadcastChannel", undefined);
  const tabs = joinTabs("shop");
  expect(() => {
    tabs.onWord(() => undefined);
    tabs.tell("logout");
  }).not.toThrow();
});
