/** What is looked for in the audit log, kept in the address so that it can be passed on. */
import { useMemo } from "react";
import type { AuditCategory, AuditFilter } from "../../graphql/audit-documents";
import { goInConsole, type Query, useConsolePlace } from "../place";

export interface LookedFor {
  readonly category: AuditCategory | null;
  readonly kind: string | null;
  /** Id of a person, program or visitor. */
  readonly by: string | null;
  /** Id of what it was done to. */
  readonly about: string | null;
  readonly correlationId: string | null;
  /** Days such as `2026-11-26`, in the reader's time zone; both are meant whole. */
  readonly from: string | null;
  readonly to: string | null;
}

export const nothing: LookedFor = { category: null, kind: null, by: null, about: null, correlationId: null, from: null, to: null };

export const categories: readonly AuditCategory[] = ["ADMINISTRATION", "ACCESS", "KEY", "IDENTITY"];

export const categoryNames: Readonly<Record<AuditCategory, string>> = {
  ADMINISTRATION: "Administration",
  ACCESS: "Access",
  KEY: "Keys",
  IDENTITY: "Visitors’ identities",
};

export function lookedForIn(query: Query): LookedFor {
  return {
    category: categories.find((one) => one === query["category"]) ?? null,
    kind: query["kind"] ?? null,
    by: query["by"] ?? null,
    about: query["about"] ?? null,
    correlationId: query["correlationId"] ?? null,
    from: dayOf(query["from"]),
    to: dayOf(query["to"]),
  };
}

function dayOf(text: string | undefined): string | null {
  return text !== undefined && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : null;
}

export function filterOf({ category, kind, by, about, correlationId, from, to }: LookedFor): AuditFilter {
  return {
    ...(category !== null && { category }),
    ...(kind !== null && { kinds: [kind] }),
    ...(by !== null && { actorId: by }),
    ...(about !== null && { subjectId: about }),
    ...(correlationId !== null && { correlationId }),
    ...(from !== null && { from: startOf(from, 0) }),
    ...(to !== null && { to: startOf(to, 1) }),
  };
}

/** The moment a day begins, or one so many days later. */
function startOf(day: string, later: number): string {
  const moment = new Date(`${day}T00:00:00`);
  moment.setDate(moment.getDate() + later);
  return moment.toISOString();
}

export function useLookedFor(): LookedFor {
  const { query } = useConsolePlace();
  return useMemo(() => lookedForIn(query), [query]);
}

/** Looks for something else, for as much of it as is given. */
export function lookFor(change: Partial<LookedFor>): void {
  goInConsole({ query: { ...change } });
}
