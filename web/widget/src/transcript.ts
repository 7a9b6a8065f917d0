/**
 * The conversation as a file for the visitor to keep: one page without anything beside it, made here from what is shown.
 *
 * Nothing in it runs, loads or leads anywhere: every text is escaped, addresses stay text, and the page's own policy allows its style sheet
 * alone. It says what the screen says: who wrote when, what was proved of the visitor at that moment, and where the proof began.
 */
import { cleanName } from "@signet/kit";
import type { Messages } from "./messages";
import { authorOf, clock, fullDay, noticeWords } from "./phrases";
import type { Group, Item, Line } from "./timeline";

/** What a transcript is made of. */
export interface TranscriptParts {
  items: readonly Item[];
  /** The project's name. */
  brand: string | null;
  /** The visitor has proved who they are. */
  verified: boolean;
  /** Nothing older is left on the server. */
  complete: boolean;
  rightToLeft: boolean;
  words: Messages;
  /** Milliseconds since 1970. */
  now: number;
  /** IANA name of the reader's time zone. */
  timeZone: string;
}

const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 42rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.25; }
h2 { margin: 2.5rem 0 1rem; padding-bottom: .375rem; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); font-size: 1rem; }
h3 { margin: 0 0 .25rem; font-size: .9375rem; }
p { margin: 0; }
.about, .note, time, .mark { color: color-mix(in srgb, currentColor 68%, transparent); font-size: .875rem; }
.about { margin-top: .375rem; }
.note { margin: 1.25rem 0; padding-inline-start: .75rem; border-inline-start: 3px solid color-mix(in srgb, currentColor 30%, transparent); }
section { margin: 1.25rem 0; break-inside: avoid; }
.mark { margin-inline-start: .5rem; font-weight: 400; }
.line { display: flex; gap: .75rem; align-items: baseline; margin: .25rem 0; }
.line p { flex: 1; min-width: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
time { flex: none; font-variant-numeric: tabular-nums; }
`;

/** The page. */
export function transcriptOf(parts: TranscriptParts): string {
  const { items, complete, rightToLeft, words, now, timeZone } = parts;
  const title = words.transcriptTitle(cleanName(parts.brand) ?? words.chat);
  const body = items.map((item) => itemOf(item, parts)).join("\n");
  return `<!doctype html>
<html lang="${escape(words.language)}" dir="${rightToLeft ? "rtl" : "ltr"}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1 dir="auto">${escape(title)}</h1>
<p class="about">${escape(words.savedOn(fullDay(now, words), clock(now, words), timeZone))}</p>
${complete ? "" : note(words.olderNotSaved)}
${body}
</main>
</body>
</html>
`;
}

/** A name for the file, by the day it was saved. */
export function transcriptName(now: number): string {
  const two = (number: number): string => String(number).padStart(2, "0");
  const day = new Date(now);
  return `conversation-${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}.html`;
}

function itemOf(item: Item, parts: TranscriptParts): string {
  const { words } = parts;
  switch (item.kind) {
    case "day":
      return `<h2>${escape(fullDay(item.at, words))}</h2>`;
    case "seam":
      return note(`${clock(item.at, words)} · ${words.nowSignedIn}${item.follows ? `. ${words.beforeSignIn}` : ""}`);
    case "notice":
      return note(`${clock(item.at, words)} · ${noticeWords(item, words)}`);
    case "setAside":
      return note(words.keptSeparately);
    case "group":
      return groupOf(item, parts);
  }
}

function groupOf(group: Group, { verified, words }: TranscriptParts): string {
  const mark = markOf(group, verified, words);
  const lines = group.lines.map((line) => lineOf(line, words)).join("\n");
  return `<section>
<h3><bdi>${escape(authorOf(group, words))}</bdi>${mark === null ? "" : `<span class="mark">${escape(mark)}</span>`}</h3>
${lines}
</section>`;
}

/** What was known of whoever wrote this when they wrote it. */
function markOf({ self, bot, unproven, copied }: Group, verified: boolean, words: Messages): string | null {
  if (!self) return bot ? words.automatic : null;
  if (unproven || copied) return words.addedFromBefore;
  return verified ? words.signedIn : words.notSignedIn;
}

function lineOf({ text, at, progress }: Line, words: Messages): string {
  const fate = progress === "failed" ? words.notSent : progress === "queued" || progress === "sending" ? words[progress] : null;
  const time = `<time datetime="${new Date(at).toISOString()}">${escape(clock(at, words))}</time>`;
  return `<div class="line">${time}<p dir="auto">${escape(text)}</p>${fate === null ? "" : `<span class="mark">${escape(fate)}</span>`}</div>`;
}

function note(text: string): string {
  return `<p class="note" dir="auto">${escape(text)}</p>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
