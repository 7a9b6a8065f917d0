/**
 * Names come from visitors, or from pages that visitors control. The padlock is drawn by Signet next to
 * them, so a name must not be able to look like one (SECURITY.md D33, D42).
 */

/**
 * Code points no name needs: pictures and symbols (padlocks, ticks, shields, badges), their modifiers,
 * control, format (zero-width, bidi overrides, tags), private-use and unassigned characters, and letters
 * that draw nothing. The square root is a mathematical sign, yet reads as a tick.
 */
const FORGERIES =
  /[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}\p{So}\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\u{FE00}-\u{FE0F}\u{E0100}-\u{E01EF}\u{034F}\u{115F}\u{1160}\u{3164}\u{FFA0}\u{17B4}\u{17B5}\u{221A}\u{2713}\u{2714}\u{10102}]/gu;

/** More than four marks on one letter are drawn over the lines above and below. */
const STACKED_MARKS = /(\p{M}{4})\p{M}+/gu;

/** A person's name fits well; the limit keeps hostile input out of layout and of accessible names. */
const LONGEST = 120;

/**
 * The name as it may be shown, or `null` if nothing is left of it.
 *
 * Removes every glyph that could pass for Signet's own marks, invisible and direction-changing characters;
 * normalises to NFC and collapses white space.
 */
export function cleanName(name: string | null | undefined): string | null {
  if (name == null) return null;
  const spaced = name.normalize("NFC").replace(/[\s\p{Z}]+/gu, " ");
  const clean = spaced.replace(FORGERIES, "").replace(STACKED_MARKS, "$1").replace(/ {2,}/g, " ").trim();
  if (clean === "" || !/[\p{L}\p{N}]/u.test(clean)) return null;
  const points = Array.from(clean);
  return points.length > LONGEST ? `${points.slice(0, LONGEST).join("")}…` : clean;
}

/** Padlocks, keys, shields and ticks: what in a line of text could pass for the padlock drawn beside it. */
const PADLOCK_LIKE =
  /[\u{1F50F}-\u{1F513}\u{1F511}\u{1F5DD}\u{1F6E1}\u{26E8}\u{2705}\u{2610}-\u{2612}\u{2713}\u{2714}\u{221A}\u{1F5F8}\u{1F5F9}\u{1F197}\u{1F6C2}\u{1F6C3}\u{1FAAA}\u{10102}\u{2BBD}\u{FE00}-\u{FE0F}]/gu;

/** Zero-width and direction-changing characters; the joiners that scripts and emoji need stay. */
const INVISIBLE =
  /[\u{200B}\u{200E}\u{200F}\u{061C}\u{202A}-\u{202E}\u{2060}-\u{2069}\u{FEFF}\u{00AD}\u{E0000}-\u{E007F}]/gu;

/** A visitor's message as one line in a list, where the padlock of the row stands right under it. */
export function cleanExcerpt(text: string): string {
  return text.replace(PADLOCK_LIKE, "").replace(INVISIBLE, "").replace(/\s+/gu, " ").trim();
}

/** One or two capitals for an avatar, from a cleaned name. */
export function initials(name: string): string {
  const words = name.split(/[\s-]+/u).filter((word) => /^\p{L}/u.test(word));
  const first = words[0];
  if (first === undefined) return "";
  const last = words.length > 1 ? words[words.length - 1] : undefined;
  const letter = (word: string) => Array.from(word)[0]?.toLocaleUpperCase() ?? "";
  return letter(first) + (last === undefined ? "" : letter(last));
}

/** `J•••`: enough of a cleaned name to notice that it is somebody else's, too little for who looks over a shoulder. */
export function maskName(name: string | null | undefined): string | null {
  const clean = cleanName(name);
  const [first] = Array.from(clean ?? "").filter((letter) => /[\p{L}\p{N}]/u.test(letter));
  return first === undefined ? null : `${first.toLocaleUpperCase()}•••`;
}
