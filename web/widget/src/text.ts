/** Message text on screen: plain text whose web addresses can be followed. */

/** A stretch of text, with its address when it is one. */
export interface Run {
  text: string;
  href: string | null;
}

const ADDRESS = /https?:\/\/[^\s<>"'`]+/gi;
/** Punctuation that ends a sentence rather than an address. */
const TRAILING = /[.,;:!?)\]}»”’]+$/u;

function addressOf(text: string): string | null {
  try {
    const url = new URL(text);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}

/** Splits text at its `http` and `https` addresses. The runs together are the text. */
export function splitRuns(text: string): Run[] {
  const runs: Run[] = [];
  let end = 0;
  const plain = (until: number): void => {
    if (until > end) runs.push({ text: text.slice(end, until), href: null });
  };
  for (const match of text.matchAll(ADDRESS)) {
    const address = match[0].replace(TRAILING, "");
    const href = addressOf(address);
    if (href === null) continue;
    plain(match.index);
    runs.push({ text: address, href });
    end = match.index + address.length;
  }
  plain(text.length);
  return runs;
}
