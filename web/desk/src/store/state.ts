/**
 * The desk's one store: what the server said, by id, and what this agent is about to say.
 *
 * Invariants, whatever the order in which answers and events arrive and however often:
 * a message stands once, at its sequence; a loaded thread has no hole; a conversation never goes back to an
 * earlier state of itself.
 */
import type { Conversation, Message, Project, Viewer, VisitorProfile } from "../graphql/documents";

export type View = "waiting" | "mine" | "all" | "closed";
export const views: readonly View[] = ["waiting", "mine", "all", "closed"];

export interface HeldConversation {
  readonly conversation: Conversation;
  /** The project's cursor up to which this snapshot is known to be current. */
  readonly asOf: number;
}

export interface Thread {
  /** Ascending by sequence, without holes. */
  readonly messages: readonly Message[];
  readonly startCursor: string | null;
  readonly hasEarlier: boolean;
  readonly continuedFrom: readonly string[];
  /** A message arrived that does not join on: the newest page must be fetched again. */
  readonly stale: boolean;
}

/** A message this agent sent that the server has not confirmed. */
export interface Pending {
  readonly clientMessageId: string;
  readonly text: string;
  readonly at: number;
  /** Why it was not sent; `null` while it is under way. */
  readonly failure: SendFailure | null;
}

export interface SendFailure {
  readonly words: string;
  /** Whether it is sent by itself once the connection is back; else the agent decides. */
  readonly waitsForConnection: boolean;
}

/** How far a view of a project has been fetched. */
export interface ListPage {
  readonly endCursor: string | null;
  readonly hasMore: boolean;
  /** `lastActivityAt` of the last one fetched: older ones may lack neighbours. */
  readonly floor: string | null;
}

export type Connection = "connecting" | "live" | "lost";

export interface DeskState {
  readonly viewer: Viewer;
  readonly projects: Readonly<Record<string, Project>>;
  readonly conversations: Readonly<Record<string, HeldConversation>>;
  readonly threads: Readonly<Record<string, Thread>>;
  readonly missing: Readonly<Record<string, true>>;
  readonly profiles: Readonly<Record<string, VisitorProfile>>;
  readonly lists: Readonly<Record<string, ListPage>>;
  readonly pending: Readonly<Record<string, readonly Pending[]>>;
  readonly drafts: Readonly<Record<string, string>>;
  /** When the visitor was last seen typing, milliseconds since the epoch. */
  readonly typing: Readonly<Record<string, number>>;
  /** Newest event seen, by project: where to resume. */
  readonly cursors: Readonly<Record<string, number>>;
  readonly connection: Connection;
}

export function emptyState(viewer: Viewer): DeskState {
  return {
    viewer,
    projects: {},
    conversations: {},
    threads: {},
    missing: {},
    profiles: {},
    lists: {},
    pending: {},
    drafts: {},
    typing: {},
    cursors: {},
    connection: "connecting",
  };
}

export function listKey(projectId: string, view: View): string {
  return `${view} ${projectId}`;
}
