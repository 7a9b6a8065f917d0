import { describe, expect, it } from "vitest";
import { intervalOf, isSpan, type Span, spans, summaryOf, tallyCodes, ticksOf } from "../src/console/failures/spans";
import { hours } from "./console-samples";

const now = Date.UTC(2026, 10, 20, 3, 25, 10);

describe("intervals", () => {
  it.each(Object.keys(spans).filter(isSpan))("of a %s end with the bucket of now and are whole buckets long", (span: Span) => {
    const { bucket, buckets } = spans[span];
    const { from, to } = intervalOf(span, now);
    expect(Date.parse(to) - Date.parse(from)).toBe(bucket * buckets);
    expect(Date.parse(to)).toBeGreaterThan(now);
    expect(Date.parse(to) - bucket).toBeLessThanOrEqual(now);
  });

  it("stand still from one refresh to the next", () => {
    expect(intervalOf("day", now)).toEqual(intervalOf("day", now + 10_000));
    expect(intervalOf("day", Date.UTC(2026, 10, 20, 4))).toEqual({
      from: "2026-11-19T05:00:00.000Z",
      to: "2026-11-20T05:00:00.000Z",
    });
  });

  it("are known by their names alone", () => {
    expect([isSpan("week"), isSpan("toString"), isSpan(undefined)]).toEqual([true, false, false]);
  });
});

describe("counts in words", () => {
  it("say that there were none, how many there were, and when most", () => {
    expect(summaryOf(hours({}, {}), "day", now)).toBe("No failures in the last 24 hours.");
    expect(summaryOf(hours({}, { A: 1 }), "day", now)).toMatch(/^1 failure in the last 24 hours\. Most in any hour: 1, from /);
    expect(summaryOf(hours({ A: 2 }, { A: 3, B: 1 }, { B: 4 }), "week", now)).toMatch(
      /^10 failures in the last 7 days\. Most in any 6 hours: 4, from /,
    );
  });

  it("add up codes over all buckets, most frequent first", () => {
    const tallies = tallyCodes(hours({ A: 2, C: 1 }, { B: 3 }, { A: 2 }));
    expect(tallies.map(({ fineCode, count }) => `${fineCode} ${count}`)).toEqual(["A 4", "B 3", "C 1"]);
  });

  it("name the beginning and the middle under the bars", () => {
    expect(ticksOf(hours({}, {}, {}, {}), "day", now)).toHaveLength(2);
    expect(ticksOf([], "day", now)).toEqual([]);
  });
});
