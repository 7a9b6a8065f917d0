/** The widget's words and time formats, for every component below. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { en } from "../messages/en";
import type { Messages } from "../messages";

const WordsContext = createContext<Messages>(en);

/** Gives the components below it their language. */
export const Words = WordsContext.Provider;

export function useWords(): Messages {
  return useContext(WordsContext);
}

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

function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}
