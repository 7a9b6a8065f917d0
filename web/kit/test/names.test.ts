import { describe, expect, it } from "vitest";
import { cleanExcerpt, cleanName, initials, maskName } from "../src/index";

describe("cleanName", () => {
  it.each([
    ["🔒 Verified", "Verified"],
    ["🔓🔐🔏 Eve", "Eve"],
    ["Eve ✓", "Eve"],
    ["Eve ✔︎", "Eve"],
    ["Eve ☑️ ✅", "Eve"],
    ["🛡️Bank🛡", "Bank"],
    ["Eve √", "Eve"],
    ["🗸 Eve 🗹", "Eve"],
    ["Eve ⓥ 🅥", "Eve"],
    ["👩🏽‍💼 Ana", "Ana"],
    ["🇫🇷 Ana", "Ana"],
  ])("takes %j's pictures away", (name, shown) => {
    expect(cleanName(name)).toBe(shown);
  });

  it.each([
    ["e\u202Egro\u202C", "egro"],
    ["\u2066Eve\u2069", "Eve"],
    ["E\u200Bv\u200De", "Eve"],
    ["Eve\uFEFF\u00AD\u061C", "Eve"],
    ["Eve\u{E0041}\u{E007F}", "Eve"],
    ["Eve\u0000\n\tSmith", "Eve Smith"],
    ["Eve\u3164", "Eve"],
    ["Eve\uE000", "Eve"],
  ])("takes %j's invisible characters away", (name, shown) => {
    expect(cleanName(name)).toBe(shown);
  });

  it.each([
    "Zoë Ångström",
    "محمد العلي",
    "山田 太郎",
    "O’Brien-Smith",
    "D'Arcy",
    "Nguyễn Văn A",
    "नरेन्द्र",
    "Jane Cooper 2",
  ])("leaves %s alone", (name) => {
    expect(cleanName(name)).toBe(name.normalize("NFC"));
  });

  it.each([null, undefined, "", "   ", "🔒", "\u200B\u202E", "✓ ✓", "…", "· — ·"])("finds nothing in %j", (name) => {
    expect(cleanName(name)).toBeNull();
  });

  it("keeps at most four marks on a letter", () => {
    expect(cleanName(`q${"\u0310".repeat(40)}`)).toBe(`q${"\u0310".repeat(4)}`);
  });

  it("shortens what no person is called", () => {
    expect(cleanName("ab".repeat(200))).toHaveLength(121);
  });
});

describe("cleanExcerpt", () => {
  it.each([
    ["🔒 Verified · 1 min ago\nSend it ✅", "Verified · 1 min ago Send it"],
    ["\u202Eabc\u2066 ✔️ 🛡️", "abc"],
    ["Thanks 😀 👩🏽‍💼", "Thanks 😀 👩🏽‍💼"],
    ["می‌خواهم", "می‌خواهم"],
  ])("shows %j without what looks like a padlock", (text, shown) => {
    expect(cleanExcerpt(text)).toBe(shown);
  });
});

describe("initials", () => {
  it.each([
    ["Jane Cooper", "JC"],
    ["jane", "J"],
    ["Ana María de la Vega", "AV"],
    ["محمد العلي", "ما"],
    ["10023", ""],
  ])("of %s are %s", (name, letters) => {
    expect(initials(name)).toBe(letters);
  });
});

describe("maskName", () => {
  it.each([
    ["Jane", "J•••"],
    ["élodie", "É•••"],
    ["🔒 Verified", "V•••"],
    ["李", "李•••"],
    ["🔒", null],
    [null, null],
  ])("%s becomes %s", (name, masked) => {
    expect(maskName(name)).toBe(masked);
  });
});
