// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { daysLeft, usersInWords } from "../src/console/platform-keys/words";

const now = Date.parse("2026-11-20T12:00:00.000Z");
const use = { projectId: "shop", uses: 3, lastUsedAt: "2026-11-20T11:00:00.000Z" };

describe("who still encrypts to a platform key", () => {
  it.each([
    ["ACTIVE", [], "Nobody has encrypted to it in the last 7 days."],
    ["ACTIVE", [use], "One project encrypts to it."],
    ["RETIRING", [use, use], "2 projects still encrypt to it."],
    ["RETIRING", [], "Nobody has encrypted to it for 7 days: it can be revoked."],
  ] as const)("%s", (state, projects, words) => {
    expect(usersInWords({ state, projects: [...projects] })).toBe(words);
  });

  it("is off the list seven days after the last use", () => {
    expect(daysLeft(use.lastUsedAt, now)).toBe("gone in 7 days, if that was the last");
    expect(daysLeft("2026-11-14T13:00:00.000Z", now)).toBe("gone tomorrow, if that was the last");
  });
});
