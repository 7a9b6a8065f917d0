/** Spans of time as people write them: a number and a unit. */

export const units = { seconds: 1, minutes: 60, hours: 3_600, days: 86_400 } as const;
export type Unit = keyof typeof units;

export interface Duration {
  /** As typed: it may be no number. */
  readonly amount: string;
  readonly unit: Unit;
}

/** Whole seconds in the largest unit that needs no fraction, but 60 minutes rather than one hour. */
export function durationOf(seconds: number): Duration {
  const fitting = (["days", "hours", "minutes"] as const).find((unit) => seconds >= 2 * units[unit] && seconds % units[unit] === 0);
  const unit = fitting ?? (seconds > 0 && seconds % 60 === 0 ? "minutes" : "seconds");
  return { amount: String(seconds / units[unit]), unit };
}

/** `null` if the amount is no whole number. */
export function secondsOf({ amount, unit }: Duration): number | null {
  return /^\s*\d{1,9}\s*$/.test(amount) ? Number(amount) * units[unit] : null;
}

/** `60 minutes`. */
export function durationWords(seconds: number): string {
  const { amount, unit } = durationOf(seconds);
  return `${amount} ${amount === "1" ? unit.slice(0, -1) : unit}`;
}
