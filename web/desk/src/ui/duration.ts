const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A time span of whole seconds in words, rounded up to what is worth saying: `8 seconds`, `2 minutes`, `1 hour`, `7 days`. */
export function durationInWords(seconds: number): string {
  if (seconds < 2 * MINUTE) return count(seconds, "second");
  if (seconds < 2 * HOUR) return count(Math.ceil(seconds / MINUTE), "minute");
  if (seconds < 2 * DAY) return count(Math.ceil(seconds / HOUR), "hour");
  return count(Math.ceil(seconds / DAY), "day");
}

function count(amount: number, unit: string): string {
  return amount === 1 ? `1 ${unit}` : `${amount} ${unit}s`;
}
