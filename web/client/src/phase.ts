/**
 * The life of a visitor's session in this client, as one table. The page's side of it (who may ask for an activation
 * when) is the table of `@signet/loader` (`machine.ts`).
 *
 * ```text
 *  nobody ──opened──► open ──lapsed──► expired ──proving──► proving ──refused──► refused
 *                      ▲ └──opened──┐     │ ▲                 │                     │
 *                      └────────────┴─────┴─┼──────opened─────┴─────────────────────┤
 *                                           └───────────────proving─────────────────┘
 *                      └──reviving──► reviving ──opened──► open
 *  any ──wiped──► nobody
 * ```
 *
 * A guest's session that lapses is `reviving`: its device credential opens the next one. A person's is *locked*: `expired`, `proving` or `refused`, its time passed without a new proof. There is no way from there to an anonymous session but through
 * `nobody`, that is, through a wipe.
 */

/** Where the session stands. */
export type SessionPhase =
  /** There is none. */
  | "nobody"
  | "open"
  /** A guest's time has passed; the next session is being opened. */
  | "reviving"
  /** A person's time has passed without a new proof. */
  | "expired"
  /** A new proof is being asked for. */
  | "proving"
  /** The last proof was none. */
  | "refused";

/** What happens to it. */
export type SessionTrigger = "opened" | "reviving" | "lapsed" | "proving" | "refused" | "wiped";

const TABLE: Record<SessionPhase, Partial<Record<SessionTrigger, SessionPhase>>> = {
  nobody: { opened: "open", wiped: "nobody" },
  open: { opened: "open", reviving: "reviving", lapsed: "expired", wiped: "nobody" },
  reviving: { opened: "open", wiped: "nobody" },
  expired: { opened: "open", proving: "proving", wiped: "nobody" },
  proving: { opened: "open", refused: "refused", wiped: "nobody" },
  refused: { opened: "open", proving: "proving", wiped: "nobody" },
};

/** Where `trigger` leads from `phase`: where it is already, when it has no meaning there. */
export function nextPhase(phase: SessionPhase, trigger: SessionTrigger): SessionPhase {
  return TABLE[phase][trigger] ?? phase;
}

/** Whether a session stands there that may not be used or shown. */
export function isLocked({ phase }: { readonly phase: SessionPhase }): boolean {
  return phase === "expired" || phase === "proving" || phase === "refused";
}
