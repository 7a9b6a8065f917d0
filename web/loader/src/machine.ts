/**
 * The activation state machine of PRODUCT.md section 6, whole and alone.
 *
 * A pure table: what a page may ask for in which phase, and where it leads. Nobody else decides; the tag keeps one
 * `phase` and moves it only through {@link step}. What the visitor's session does meanwhile, inside the iframe, is the
 * table of `@signet/client` (`phase.ts`); the two meet in the triggers `expired`, `restored` and `ended`.
 *
 * ```text
 *            activate              accepted
 *  idle ───────────────► activating ───────► anonymous ──activate──► loggingIn ──► secured
 *   │ start                  │ └───────────────────│─────────────────────────────►   │
 *   ▼                        │ refused: back to    └─restored (signed in elsewhere)─►│ expired
 *  starting ──► anonymous    ▼ where it came from                                    ▼
 *                       idle or loggedOut          secured ◄── proving ◄─activate── expired
 *
 *  any ──logout──► loggingOut ──► loggedOut       any session ──ended──► loggedOut
 * ```
 */

/** Where the activation stands. */
export type Phase =
  /** Nothing was asked yet. */
  | "idle"
  /** The tag is opening an anonymous session by itself (authenticated mode is off). */
  | "starting"
  /** First activation under way. */
  | "activating"
  | "anonymous"
  /** Second activation under way, from anonymous. */
  | "loggingIn"
  | "secured"
  /** The session's time has passed without a new proof. */
  | "expired"
  /** An activation under way to prove identity again. */
  | "proving"
  | "loggingOut"
  /** No conversation can start until an activation. */
  | "loggedOut";

/** What happens to the activation. */
export type Trigger =
  /** The page calls `activate`. */
  | "activate"
  /** The tag starts by itself. */
  | "start"
  /** The provider chose to be anonymous. */
  | "choseAnonymous"
  | "acceptedAnonymous"
  | "acceptedSecured"
  /** The provider or the platform said no. */
  | "refused"
  | "expired"
  /** The widget says that identity was proved without an `activate`: again, or because another tab signed in. */
  | "restored"
  /** The session was ended elsewhere. */
  | "ended"
  | "logout"
  | "loggedOut";

/** Why a trigger is not allowed. */
export type Refusal = "ACTIVATION_ONGOING" | "LOGIN_ONGOING" | "ALREADY_ACTIVATED";

/** A new phase, a refusal, or `WAIT`: ask again once the phase has changed. Absent: the trigger means nothing here. */
export type Outcome = Phase | Refusal | "WAIT";

/** What can happen to every session, and to every attempt at one. */
const LIVE = { ended: "loggedOut", logout: "loggingOut" } as const;

/** Sessions with a proof, or asking for one: never made anonymous. */
const PROVED = { choseAnonymous: "ALREADY_ACTIVATED", restored: "secured", ...LIVE } as const;

/** A proof of identity under way, in a session that exists. */
const LOGIN = { activate: "LOGIN_ONGOING", acceptedSecured: "secured", ...PROVED } as const;

const TABLE: Record<Phase, Partial<Record<Trigger, Outcome>>> = {
  idle: { activate: "activating", start: "starting", logout: "loggingOut" },
  starting: { activate: "WAIT", acceptedAnonymous: "anonymous", refused: "idle", ...LIVE },
  activating: {
    activate: "ACTIVATION_ONGOING",
    choseAnonymous: "activating",
    acceptedAnonymous: "anonymous",
    acceptedSecured: "secured",
    refused: "idle",
    ...LIVE,
  },
  anonymous: { activate: "loggingIn", restored: "secured", ...LIVE },
  // Anonymous still, where tokens are only observed.
  loggingIn: { ...LOGIN, acceptedAnonymous: "anonymous", refused: "anonymous" },
  secured: { activate: "ALREADY_ACTIVATED", expired: "expired", ...PROVED },
  expired: { activate: "proving", ...PROVED },
  proving: { ...LOGIN, refused: "expired" },
  loggingOut: { activate: "WAIT", logout: "WAIT", loggedOut: "loggedOut" },
  loggedOut: { activate: "activating", logout: "loggingOut" },
};

/** What `trigger` leads to in `phase`; `undefined` when it has no meaning there. */
export function step(phase: Phase, trigger: Trigger): Outcome | undefined {
  return TABLE[phase][trigger];
}

/** Whether an outcome is a phase to move to. */
export function isPhase(outcome: Outcome | undefined): outcome is Phase {
  return outcome !== undefined && outcome in TABLE;
}
