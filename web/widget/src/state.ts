/** What a screen draws of the chat, and what of it a wipe takes away. */
import type { ConnectionState, SessionState } from "@signet/client";
import type { Confirmation } from "./confirmation";
import type { EarlierOffer } from "./offer";
import type { HistoryState } from "./past";
import type { Survey } from "./survey";

/** Everything a screen draws. A new object after every change. */
export interface ChatState {
  readonly session: SessionState;
  readonly connection: ConnectionState;
  readonly opened: boolean;
  readonly sheet: boolean;
  readonly history: HistoryState;
  readonly draft: string;
  readonly networkUp: boolean;
  readonly earlier: EarlierOffer | null;
  readonly confirmation: Confirmation | null;
  readonly survey: Survey | null;
}

/** The part of the state that is the screen's own. */
export type OwnState = Omit<ChatState, "session" | "connection">;

/** What of the screen's own state belongs to the person. */
export const BLANK = {
  opened: false,
  history: "unknown",
  draft: "",
  earlier: null,
  confirmation: null,
  survey: null,
} as const satisfies Partial<OwnState>;
