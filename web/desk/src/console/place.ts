/**
 * Where the administrator is, as the address bar has it: `/admin/failures?project=shop&span=week`. The path names a page
 * and perhaps one thing on it; the query has the project, and what the page itself looks for. Codes, ids and correlation
 * ids are no secrets; a token or a key never stands here.
 */
import { type MouseEvent, useSyncExternalStore } from "react";
import { followTo, moveTo, onArrive } from "../ui/address";

export interface ConsolePlace {
  /** As the address has it: not every word is a page. `null`: the front door. */
  readonly page: string | null;
  /** The one thing of the page that is shown. */
  readonly item: string | null;
  /** `null`: the first of those the administrator may see. */
  readonly projectId: string | null;
  /** What the page looks for. */
  readonly query: Query;
}

export type Query = Readonly<Record<string, string>>;

/** `query` is what changes of it; `null` takes a word out. */
export interface Move extends Partial<Omit<ConsolePlace, "query">> {
  readonly query?: Readonly<Record<string, string | null>>;
}

const PATH = /^\/admin(?:\/([^/]+)(?:\/([^/]+))?)?\/?$/;

export function parseConsolePlace(address: Pick<Location, "pathname" | "search">): ConsolePlace {
  const { project, ...query } = Object.fromEntries(new URLSearchParams(address.search));
  const [, page, item] = PATH.exec(address.pathname) ?? [];
  return { page: wordOf(page), item: wordOf(item), projectId: project ?? null, query };
}

function wordOf(part: string | undefined): string | null {
  if (part === undefined) return null;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function consoleAddress({ page, item, projectId, query }: ConsolePlace): string {
  const path = ["/admin", ...[page, item].filter((word) => word !== null).map(encodeURIComponent)].join("/");
  const all = new URLSearchParams({ ...(projectId !== null && { project: projectId }), ...query });
  return all.size === 0 ? path : `${path}?${all}`;
}

/** Another page or project begins afresh: what was open or looked for within the last one stays behind. */
export function moved(from: ConsolePlace, { query = {}, ...change }: Move): ConsolePlace {
  const to = { ...from, ...change };
  const isElsewhere = to.page !== from.page || to.projectId !== from.projectId;
  const item = isElsewhere ? (change.item ?? null) : to.item;
  const words = Object.entries({ ...(isElsewhere ? {} : from.query), ...query });
  return { ...to, item, query: Object.fromEntries(words.filter((one): one is [string, string] => one[1] !== null)) };
}

let current = parseConsolePlace(location);
onArrive(() => {
  current = parseConsolePlace(location);
});

/** A page, a project and a thing are places to come back from; what is looked for is not. */
export function goInConsole(move: Move): void {
  const to = moved(current, move);
  const isNew = to.page !== current.page || to.projectId !== current.projectId || to.item !== current.item;
  moveTo(consoleAddress(to), isNew ? "push" : "replace");
}

/** Gives the page that the front door led to its own address. */
export function settleInConsole(page: string): void {
  moveTo(consoleAddress({ ...current, page }), "replace");
}

export function followInConsole(event: MouseEvent, move: Move): void {
  followTo(event, consoleAddress(moved(current, move)));
}

export function useConsolePlace(): ConsolePlace {
  return useSyncExternalStore(onArrive, () => current);
}
