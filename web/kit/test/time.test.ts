import { describe, expect, it } from "vitest";
import { formatAge, formatClock, formatDay, formatMoment, formatShortAge, identityWords } from "../src/index";

const now = new Date(2026, 10, 20, 12, 10, 0).getTime();
const ago = (seconds: number) => now - seconds * 1_000;

describe("formatAge", () => {
  it.each([
    [-30, "just now"],
    [0, "just now"],
    [59, "just now"],
    [60, "1 min ago"],
    [4 * 60 + 59, "4 min ago"],
    [59 * 60 + 59, "59 min ago"],
    [3_600, "1 h ago"],
    [86_399, "23 h ago"],
    [3 * 86_400, "3 d ago"],
  ])("says of %d seconds: %s", (seconds, words) => {
    expect(formatAge(ago(seconds), now)).toBe(words);
  });

  it("reads RFC 3339", () => {
    expect(formatAge("2026-11-20T12:04:31.250Z", Date.parse("2026-11-20T12:09:00.000Z"))).toBe("4 min ago");
  });
});

describe("formatShortAge", () => {
  it.each([
    [10, "now"],
    [240, "4 min"],
    [7_200, "2 h"],
    [2 * 86_400, "2 d"],
    [10 * 86_400, "10 Nov"],
  ])("says of %d seconds: %s", (seconds, words) => {
    expect(formatShortAge(ago(seconds), now)).toBe(words);
  });
});

describe("days and moments", () => {
  it("names days as people do", () => {
    expect(formatDay(ago(60), now)).toBe("Today");
    expect(formatDay(ago(13 * 3_600), now)).toBe("Yesterday");
    expect(formatDay(new Date(2026, 10, 16, 9).getTime(), now)).toBe("Monday 16 November");
    expect(formatDay(new Date(2025, 10, 16, 9).getTime(), now)).toBe("16 November 2025");
  });

  it("adds the date to a time of another day", () => {
    expect(formatMoment(ago(360), now)).toBe("12:04");
    expect(formatMoment(ago(86_400 + 360), now)).toBe("19 Nov, 12:04");
    expect(formatClock(new Date(2026, 10, 20, 0, 4).getTime())).toBe("00:04");
  });
});

describe("identityWords", () => {
  const at = (seconds: number) => new Date(ago(seconds)).toISOString();

  it("are those of the product, word for word", () => {
    expect(identityWords({ state: "VERIFIED", verifiedAt: at(250), lapsedAt: null }, now)).toBe("Verified · 4 min ago");
    expect(identityWords({ state: "NOT_VERIFIED", verifiedAt: null, lapsedAt: null }, now)).toBe("Not verified");
    expect(identityWords({ state: "NO_LONGER_VERIFIED", verifiedAt: at(4_000), lapsedAt: at(360) }, now)).toBe(
      "Identity no longer verified since 12:04",
    );
  });
});
