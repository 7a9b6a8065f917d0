/** Spans of time to count failures in, and what their counts say. */
import { formatClock, formatMoment } from "@signet/kit";
import type { Interval } from "../../engine/administration";
import type { FailureCount } from "../../graphql/console-documents";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export type Span = "hour" | "day" | "week";

interface Buckets {
  readonly words: string;
  readonly bucketWords: string;
  /** Milliseconds. */
  readonly bucket: number;
  /** How many of them the span has. */
  readonly buckets: number;
}

export const spans: Readonly<Record<Span, Buckets>> = {
  hour: { words: "60 minutes", bucketWords: "2 minutes", bucket: 2 * MINUTE, buckets: 30 },
  day: { words: "24 hours", bucketWords: "hour", bucket: HOUR, buckets: 24 },
  week: { words: "7 days", bucketWords: "6 hours", bucket: 6 * HOUR, buckets: 28 },
};

export function isSpan(word: string | undefined): word is Span {
  return word !== undefined && Object.hasOwn(spans, word);
}

/**
 * The interval that ends with the bucket in which `now` falls. Its buckets begin at whole minutes or hours, so that bars
 * stand still from one refresh to the next.
 */
export function intervalOf(span: Span, now: number): Interval {
  const { bucket, buckets } = spans[span];
  const to = (Math.floor(now / bucket) + 1) * bucket;
  return { from: new Date(to - buckets * bucket).toISOString(), to: new Date(to).toISOString() };
}

export function totalOf(counts: readonly FailureCount[]): number {
  return counts.reduce((sum, one) => sum + one.count, 0);
}

/** What the bars show, in a sentence. */
export function summaryOf(counts: readonly FailureCount[], span: Span, now: number): string {
  const { words, bucketWords } = spans[span];
  const total = totalOf(counts);
  if (total === 0) return `No failures in the last ${words}.`;
  const most = counts.reduce((highest, one) => (one.count > highest.count ? one : highest));
  const failures = total === 1 ? "1 failure" : `${total} failures`;
  return `${failures} in the last ${words}. Most in any ${bucketWords}: ${most.count}, from ${formatMoment(most.from, now)}.`;
}

export interface CodeTally {
  readonly code: string;
  readonly fineCode: string;
  readonly count: number;
}

/** The codes of all buckets together, most frequent first. */
export function tallyCodes(counts: readonly FailureCount[]): readonly CodeTally[] {
  const tallies = new Map<string, CodeTally>();
  for (const { code, fineCode, count } of counts.flatMap((one) => one.codes)) {
    const key = `${code} ${fineCode}`;
    tallies.set(key, { code, fineCode, count: count + (tallies.get(key)?.count ?? 0) });
  }
  return [...tallies.values()].sort((a, b) => b.count - a.count || a.fineCode.localeCompare(b.fineCode));
}

/** The words under the bars: where they begin and the middle; the end is now. */
export function ticksOf(counts: readonly FailureCount[], span: Span, now: number): readonly string[] {
  const format = (at: string) => (span === "hour" ? formatClock(at) : formatMoment(at, now));
  return [counts[0], counts[Math.floor(counts.length / 2)]].filter((one) => one !== undefined).map((one) => format(one.from));
}
