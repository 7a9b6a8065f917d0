import { describe, expect, it } from "vitest";
import { exactly, piecesOf } from "../src/console/words";

describe("texts of strangers", () => {
  it.each([
    ["brand-1 key", "brand-1 key"],
    ["émile 日本", "émile 日本"],
    ["a\nb\tc", "a\\u{a}b\\u{9}c"],
    ["zero\u200bwidth\ufeff", "zero\\u{200b}width\\u{feff}"],
    ["\u202etxt.exe", "\\u{202e}txt.exe"],
    ["no\u00a0break", "no\\u{a0}break"],
    ["\u{e0041}", "\\u{e0041}"],
  ])("%j shows what cannot be seen", (text, shown) => {
    expect(exactly(text)).toBe(shown);
  });
});

describe("sentences of findings", () => {
  const inWords = (sentence: string) => piecesOf(sentence).map(({ text, isCode }) => (isCode ? `<${text}>` : text));
  it.each([
    ["Set `alg` to `RSA-OAEP-256`.", ["Set ", "<alg>", " to ", "<RSA-OAEP-256>", "."]],
    ["`exp` is in milliseconds", ["<exp>", " is in milliseconds"]],
    ["Nothing special", ["Nothing special"]],
    ["A lone ` stays", ["A lone ` stays"]],
    ["", []],
  ])("%j in pieces", (sentence, pieces) => {
    expect(inWords(sentence)).toEqual(pieces);
  });
});
