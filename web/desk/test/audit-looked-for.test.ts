// @vitest-environment happy-dom
import { expect, it } from "vitest";
import { filterOf, lookedForIn, nothing } from "../src/console/audit/looked-for";

it("takes whole days, the last one too", () => {
  const filter = filterOf({ ...nothing, from: "2026-11-25", to: "2026-11-26" });
  expect(filter.from).toBe(new Date("2026-11-25T00:00:00").toISOString());
  expect(filter.to).toBe(new Date("2026-11-27T00:00:00").toISOString());
});

it("asks for nothing that was not asked for", () => {
  expect(filterOf(nothing)).toEqual({});
  expect(filterOf({ ...nothing, kind: "USER_INVITED", by: "1", about: "2", correlationId: "3", category: "KEY" })).toEqual({
    kinds: ["USER_INVITED"],
    actorId: "1",
    subjectId: "2",
    correlationId: "3",
    category: "KEY",
  });
});

it("reads no day and no category that is none", () => {
  expect(lookedForIn({ from: "yesterday", to: "2026-13-40", category: "GOSSIP" })).toEqual(nothing);
});
