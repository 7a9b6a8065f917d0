// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { messagesFor } from "../src/messages";
import { fullDay } from "../src/phrases";
import type { Group, Item } from "../src/timeline";
import { transcriptName, transcriptOf } from "../src/transcript";

const NOON = new Date(2026, 10, 20, 12, 0).getTime();
const GROUP: Group = { kind: "group", key: "g", self: true, name: null, bot: false, unproven: false, copied: false, lines: [] };

function group(change: Partial<Group>, ...texts: string[]): Group {
  const lines = texts.map((text, index) => ({ key: text, text, at: NOON + index * 60_000, progress: null, outgoing: null }));
  return { ...GROUP, ...change, lines };
}

const page = (items: Item[], change: Partial<Parameters<typeof transcriptOf>[0]> = {}): string =>
  transcriptOf({
    items, brand: "Lumen & Fils", verified: true, complete: true, rightToLeft: false, words: messagesFor("en"), now: NOON, timeZone: "Europe/Paris", ...change,
  });

/** What a reader sees, line by line. */
function reads(html: string): string[] {
  const main = new DOMParser().parseFromString(html, "text/html").querySelector("main");
  return [...(main?.children ?? [])].map((part) => [...part.querySelectorAll("bdi,.mark,time,p")].map((one) => one.textContent).join(" | ") || (part.textContent ?? ""));
}

test("says who wrote when, what was proved, and where the proof began", () => {
  const day = fullDay(NOON, messagesFor("en"));
  expect(day).toContain("20 November 2026");
  const items: Item[] = [
    { kind: "day", key: "d", at: NOON },
    group({ unproven: true }, "As a guest"),
    { kind: "seam", key: "s", at: NOON, follows: true },
    group({}, "As myself", "Two lines\nof it"),
    group({ self: false, name: "Camille" }, "Hello"),
    group({ self: false, name: null, bot: true }, "I am a program"),
    { kind: "notice", key: "n", at: NOON, notice: "CONVERSATION_CLOSED", name: null },
  ];
  expect(reads(page(items))).toEqual([
    "Conversation with Lumen & Fils",
    `Saved on ${day} at 12:00, as it was on the screen. Times are those of Europe/Paris.`,
    day,
    "You | Written before you signed in | 12:00 | As a guest",
    "12:00 · You are now signed in. Messages above were written before you signed in",
    "You | Signed in | 12:00 | As myself | 12:01 | Two lines\nof it",
    "Camille | 12:00 | Hello",
    "Assistant | Automatic assistant | 12:00 | I am a program",
    "12:00 · This conversation was closed",
  ]);
  expect(reads(page([group({}, "Hello")], { verified: false }))[2]).toBe("You | Not signed in | 12:00 | Hello");
});

test("says that something is missing or was not sent", () => {
  const unsent = group({}, "Lost");
  const lines = unsent.lines.map((line) => ({ ...line, progress: "failed" as const }));
  const text = reads(page([{ ...unsent, lines }], { complete: false }));
  expect(text[2]).toBe("There are older messages that are not in this file. Show them in the chat before you save it again.");
  expect(text[3]).toBe("You | Signed in | 12:00 | Lost | Not sent");
});

test("is in the reader's language and direction", () => {
  const html = page([], { rightToLeft: true, words: messagesFor("fr"), brand: null });
  expect(html).toContain('<html lang="fr" dir="rtl">');
  expect(reads(html)[0]).toBe("Conversation avec Discussion");
});

test("holds markup as text", () => {
  const hostile = `</p></main><script>alert(1)</script><img src=x onerror='alert(1)'>"&amp;`;
  const html = page([group({ self: false, name: hostile }, hostile), { kind: "notice", key: "n", at: NOON, notice: "BOT_ANSWERS", name: hostile }], { brand: hostile });
  const parsed = new DOMParser().parseFromString(html, "text/html");
  expect(parsed.querySelectorAll("script, img, a, link, iframe, [onerror], [href], [src]")).toHaveLength(0);
  expect(parsed.querySelector("main section p")?.textContent).toBe(hostile);
});

test("the file is named by its day", () => expect(transcriptName(NOON)).toBe("conversation-2026-11-20.html"));
