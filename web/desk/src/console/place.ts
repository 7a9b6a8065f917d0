/**
 * Where the administrator is, as the address bar has it: `/admin/doctor`, `/admin/failures`, and as a query the project
 * and what is looked for. Codes and correlation ids are no secrets; a token never stands here.
 */
import { type MouseEvent, useSyncExternalStore } from "react";
import { followTo, moveTo, onArrive } from "../ui/address";
import { isSpan, type Span } from "./spans";

export type Page = "doctor" | "failures";
export const pages: readonly Page[] = ["doctor", "failures"];

export interface ConsolePlace {
  readonly page: Page;
  /** `null`: the first of those the administrator may see. */
  readonly projectId: string | null;
  readonly correlationId: string | null;
  readonly code: string | null;
  readonly fineCode: string | null;
  readonly span: Span;
}

export function parseConsolePlace(address: Pick<Location, "pathname" | "search">): ConsolePlace {
  const query = new URLSearchParams(address.search);
  const span = query.get("span");
  return {
    page: /^\/admin\/failures\/?$/.test(address.pathname) ? "failures" : "doctor",
    projectId: query.get("project"),
    correlationId: query.get("correlationId"),
    code: query.get("code"),
    fineCode: query.get("fineCode"),
    span: isSpan(span) ? span : "day",
  };
}

export function consoleAddress(place: ConsolePlace): string {
  const query = new URLSearchParams();
  if (place.projectId !== null) query.set("project", place.projectId);
  if (place.page === "failures") {
    if (place.correlationId !== null) query.set("correlationId", place.correlationId);
    if (place.code !== null) query.set("code", place.code);
    if (place.fineCode !== null) query.set("fineCode", place.fineCode);
    if (place.span !== "day") query.set("span", place.span);
  }
  return query.size === 0 ? `/admin/${place.page}` : `/admin/${place.page}?${query}`;
}

let current = parseConsolePlace(location);
onArrive(() => {
  current = parseConsolePlace(location);
});

/** Another project is a place to come back from; what is looked for within one is not. */
export function goInConsole(change: Partial<ConsolePlace>): void {
  moveTo(consoleAddress({ ...current, ...change }), "projectId" in change ? "push" : "replace");
}

export function followInConsole(event: MouseEvent, change: Partial<ConsolePlace>): void {
  followTo(event, consoleAddress({ ...current, ...change }));
}

export function useConsolePlace(): ConsolePlace {
  return useSyncExternalStore(onArrive, () => current);
}
