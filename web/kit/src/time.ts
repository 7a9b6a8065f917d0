/** Times in words. Everything takes `now` in milliseconds since the epoch: nothing here reads a clock. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Milliseconds since the epoch, or an RFC 3339 text. */
type Moment = number | string;

function millis(moment: Moment): number {
  return typeof moment === "number" ? moment : Date.parse(moment);
}

/** `just now`, `4 min ago`, `2 h ago`, `3 d ago`. A moment in the future (clocks differ) is `just now`. */
export function formatAge(since: Moment, now: number): string {
  const age = now - millis(since);
  if (age < MINUTE) return "just now";
  if (age < HOUR) return `${Math.floor(age / MINUTE)} min ago`;
  if (age < DAY) return `${Math.floor(age / HOUR)} h ago`;
  return `${Math.floor(age / DAY)} d ago`;
}

/** The same for narrow columns: `now`, `4 min`, `2 h`, `3 d`, then the date. */
export function formatShortAge(since: Moment, now: number): string {
  const at = millis(since);
  const age = now - at;
  if (age < MINUTE) return "now";
  if (age < HOUR) return `${Math.floor(age / MINUTE)} min`;
  if (age < DAY) return `${Math.floor(age / HOUR)} h`;
  if (age < 7 * DAY) return `${Math.floor(age / DAY)} d`;
  return dayMonth.format(at);
}

// British English: 24 hours, day before month. Each costs about 10 ms on a slow telephone: marked pure, so that a program
// that never uses them does not make them.
const clock = /* @__PURE__ */ new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const dayMonth = /* @__PURE__ */ new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const weekdayDayMonth = /* @__PURE__ */ new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long" });
const shortDate = /* @__PURE__ */ new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const fullDay = /* @__PURE__ */ new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });

/** `12:04`, in the reader's time zone. */
export function formatClock(moment: Moment): string {
  return clock.format(millis(moment));
}

/** Whether both fall on one day in the reader's time zone. */
export function sameDay(one: Moment, other: Moment): boolean {
  return new Date(millis(one)).toDateString() === new Date(millis(other)).toDateString();
}

/** `Today`, `Yesterday`, `Monday 16 November`, and with the year once it is another one. */
export function formatDay(moment: Moment, now: number): string {
  const at = millis(moment);
  if (sameDay(at, now)) return "Today";
  const yesterday = new Date(now);
  yesterday.setDate(yesterday.getDate() - 1);
  if (sameDay(at, yesterday.getTime())) return "Yesterday";
  if (new Date(at).getFullYear() === new Date(now).getFullYear()) return weekdayDayMonth.format(at);
  return fullDay.format(at);
}

/** `24 Oct 2026`. */
export function formatDate(moment: Moment): string {
  return shortDate.format(millis(moment));
}

/** `12:04` on the same day, else `16 Nov, 12:04`. */
export function formatMoment(moment: Moment, now: number): string {
  const at = millis(moment);
  return sameDay(at, now) ? formatClock(at) : `${dayMonth.format(at)}, ${formatClock(at)}`;
}
