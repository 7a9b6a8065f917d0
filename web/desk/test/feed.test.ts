import { describe, expect, it } from "vitest";
import { codeInWords, type Feed, newSince, sizeInWords, titleOf, withNewest, withOlder } from "../src/console/failures/feed";
import { failure, page } from "./console-samples";

const numbers = (feed: Feed) => feed.failures.map((one) => Number(one.id.slice(-4)));

describe("the list of failures", () => {
  it("is the first page at first", () => {
    const feed = withNewest(null, page([9, 8, 7], true));
    expect(numbers(feed)).toEqual([9, 8, 7]);
    expect(feed).toMatchObject({ endCursor: "after 7", hasMore: true });
  });

  it("takes what is new to its top and keeps what was paged to", () => {
    const held = withOlder(withNewest(null, page([9, 8, 7], true)), page([6, 5], false));
    const feed = withNewest(held, page([11, 10, 9], true));
    expect(numbers(feed)).toEqual([11, 10, 9, 8, 7, 6, 5]);
    expect(feed).toMatchObject({ endCursor: "after 5", hasMore: false });
    expect(newSince(held, feed)).toBe(2);
  });

  it("starts again when more came than a page holds, instead of showing a hole", () => {
    const held = withOlder(withNewest(null, page([9, 8, 7], true)), page([6, 5], false));
    const feed = withNewest(held, page([20, 19, 18], true));
    expect(numbers(feed)).toEqual([20, 19, 18]);
    expect(feed).toMatchObject({ endCursor: "after 18", hasMore: true });
    expect(newSince(held, feed)).toBe(3);
  });

  it("drops what the server no longer keeps when one page is all there is", () => {
    const feed = withNewest(withNewest(null, page([3, 2, 1], false)), page([4, 3], false));
    expect(numbers(feed)).toEqual([4, 3]);
  });

  it("shows none twice when the pages moved on meanwhile", () => {
    const held = withNewest(null, page([9, 8, 7], true));
    expect(numbers(withOlder(held, page([7, 6, 5], true)))).toEqual([9, 8, 7, 6, 5]);
  });

  it("counts nothing as new at first, nor when nothing came", () => {
    const feed = withNewest(null, page([2, 1], false));
    expect(newSince(null, feed)).toBe(0);
    expect(newSince(feed, withNewest(feed, page([2, 1], false)))).toBe(0);
  });
});

describe("a failure in words", () => {
  it("has the finding's title, else its code", () => {
    const finding = {
      code: "EXP_IN_MILLISECONDS",
      publicCode: "TOKEN_CLAIMS_INVALID",
      title: "`exp` is in milliseconds",
      cause: "",
      fix: "",
      documentationUrl: "",
    };
    expect(titleOf(failure(1, { finding }))).toBe("`exp` is in milliseconds");
    expect(titleOf(failure(1, { fineCode: "RATE_LIMITED" }))).toBe("Rate limited");
    expect(codeInWords("ORIGIN_NOT_ALLOWED")).toBe("Origin not allowed");
  });

  it.each([
    [null, [], null],
    [1, [1], "1 byte; characters of its parts: 1"],
    [1324, [64, 1260], "1,324 bytes; characters of its parts: 64 · 1,260"],
    [0, [], "0 bytes"],
  ] as const)("%s bytes in %j parts", (tokenBytes, partCharacters, words) => {
    expect(sizeInWords({ tokenBytes, partCharacters: [...partCharacters] })).toBe(words);
  });
});
