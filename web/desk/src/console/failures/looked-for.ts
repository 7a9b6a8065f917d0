/** What is looked for among the failures, kept in the address so that it can be passed on. */
import { useMemo } from "react";
import { goInConsole, type Query, useConsolePlace } from "../place";
import { isSpan, type Span } from "./spans";

export interface LookedFor {
  readonly correlationId: string | null;
  readonly code: string | null;
  readonly fineCode: string | null;
  readonly span: Span;
}

export function lookedForIn({ correlationId, code, fineCode, span }: Query): LookedFor {
  return {
    correlationId: correlationId ?? null,
    code: code ?? null,
    fineCode: fineCode ?? null,
    span: isSpan(span) ? span : "day",
  };
}

export function useLookedFor(): LookedFor {
  const { query } = useConsolePlace();
  return useMemo(() => lookedForIn(query), [query]);
}

/** Looks for something else, for as much of it as is given. */
export function lookFor({ span, ...change }: Partial<LookedFor>): void {
  goInConsole({ query: { ...change, ...(span !== undefined && { span: span === "day" ? null : span }) } });
}
