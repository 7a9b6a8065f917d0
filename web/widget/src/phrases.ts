/** How the thread's times, authors and notices are put into words, on the screen and in a saved conversation. */
import { cleanName } from "@signet/kit";
import type { NoticeCode } from "@signet/protocol";
import type { Messages } from "./messages";
import type { Group } from "./timeline";

const formats = new Map<string, Intl.DateTimeFormat>();

/** A formatter is costly to make (a millisecond on a slow phone) and cheap to use, so each is made once. */
function formatter(language: string, kind: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language} ${kind}`;
  const known = formats.get(key);
  if (known) return known;
  // British English: 24 hours, day before month.
  const made = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, options);
  formats.set(key, made);
  return made;
}

/** `12:04` in the reader's time zone. */
export function clock(at: number, { language }: Messages): string {
  return formatter(language, "clock", { hour: "2-digit", minute: "2-digit" }).format(at);
}

/** `Today`, `Yesterday`, `Monday 16 November`, with the year once it is another one. */
export function dayName(at: number, now: number, { language, today, yesterday }: Messages): string {
  const daysAgo = Math.round((startOfDay(now) - startOfDay(at)) / 86_400_000);
  if (daysAgo === 0) return today;
  if (daysAgo === 1) return yesterday;
  const otherYear = new Date(at).getFullYear() !== new Date(now).getFullYear();
  return formatter(language, otherYear ? "year" : "weekday", {
    ...(otherYear ? { year: "numeric" } : { weekday: "long" }),
    day: "numeric",
    month: "long",
  }).format(at);
}

/** `Monday 16 November 2026`: a day that means the same when it is read later. */
export function fullDay(at: number, { language }: Messages): string {
  return formatter(language, "day", { weekday: "long", day: "numeric", month: "long", year: "numeric" }).format(at);
}

function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

/** Whoever wrote these messages. */
export function authorOf({ self, name, bot }: Group, words: Messages): string {
  return self ? words.you : (cleanName(name) ?? (bot ? words.assistant : words.agent));
}

/** What a notice says to the visitor. */
export function noticeWords({ notice, name }: { notice: NoticeCode; name: string | null }, words: Messages): string {
  const bot = cleanName(name) ?? words.assistant;
  return {
    VISITOR_SIGNED_IN: words.nowSignedIn,
    IDENTITY_LAPSED: words.identityLapsed,
    IDENTITY_CONFIRMED: words.identityConfirmed,
    CONVERSATION_CLOSED: words.conversationClosed,
    CONTINUED_ELSEWHERE: words.continuedElsewhere,
    IDENTITY_REQUESTED: words.identityRequested(cleanName(name) ?? words.agent),
    IDENTITY_NOT_CONFIRMED: words.identityNotConfirmed,
    IDENTITY_REQUEST_UNANSWERED: words.identityRequestUnanswered,
    EARLIER_MESSAGES_ADDED: words.earlierAdded,
    BOT_ANSWERS: words.botAnswers(bot),
    BOT_TRANSFERRED: words.botTransferred(bot),
    BOT_RESUMED: words.botResumed(bot),
    BOT_FAILED: words.botFailed(bot),
  }[notice];
}
