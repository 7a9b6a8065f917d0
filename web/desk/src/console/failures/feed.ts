/**
 * The list of failures as far as it was fetched. Newest first, none twice, no hole: whatever comes while the list is
 * open is joined to what is there, or replaces it when too much came to join.
 */
import type { AuthenticationFailure, FailurePage } from "../../graphql/console-documents";

export interface Feed {
  readonly failures: readonly AuthenticationFailure[];
  readonly endCursor: string | null;
  readonly hasMore: boolean;
}

function feedOf({ nodes, pageInfo }: FailurePage): Feed {
  return { failures: nodes, endCursor: pageInfo.endCursor, hasMore: pageInfo.hasNextPage };
}

/** The list after its first page was fetched again. */
export function withNewest(held: Feed | null, page: FailurePage): Feed {
  const newest = feedOf(page);
  if (held === null || !newest.hasMore) return newest;
  const ids = new Set(page.nodes.map((one) => one.id));
  const rest = held.failures.filter((one) => !ids.has(one.id));
  const joins = rest.length < held.failures.length;
  if (!joins || rest.length === 0) return newest;
  return { ...held, failures: [...page.nodes, ...rest] };
}

/** The list after the page at its end was fetched. */
export function withOlder(held: Feed, page: FailurePage): Feed {
  const ids = new Set(held.failures.map((one) => one.id));
  return { ...feedOf(page), failures: [...held.failures, ...page.nodes.filter((one) => !ids.has(one.id))] };
}

/** How many of the list are newer than what was its newest. */
export function newSince(held: Feed | null, next: Feed): number {
  if (held === null) return 0;
  const ids = new Set(held.failures.map((one) => one.id));
  const first = next.failures.findIndex((one) => ids.has(one.id));
  return first < 0 ? next.failures.length : first;
}

/** What went wrong, as a heading: the finding's title, else the code in words. */
export function titleOf({ finding, fineCode }: Pick<AuthenticationFailure, "finding" | "fineCode">): string {
  return finding?.title ?? codeInWords(fineCode);
}

/** `RATE_LIMITED` as `Rate limited`. */
export function codeInWords(code: string): string {
  const words = code.replaceAll("_", " ").toLowerCase().trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Size of a token and of its parts, or `null` if there was none. */
export function sizeInWords(failure: Pick<AuthenticationFailure, "tokenBytes" | "partCharacters">): string | null {
  const { tokenBytes, partCharacters } = failure;
  if (tokenBytes === null) return null;
  const bytes = tokenBytes === 1 ? "1 byte" : `${tokenBytes.toLocaleString("en-GB")} bytes`;
  if (partCharacters.length === 0) return bytes;
  return `${bytes}; characters of its parts: ${partCharacters.map((one) => one.toLocaleString("en-GB")).join(" · ")}`;
}
