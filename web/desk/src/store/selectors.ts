/** What the screens read from the store. */
import { cleanName } from "@signet/kit";
import type { Conversation, Counts, Message } from "../graphql/documents";
import { type DeskState, listKey, type View } from "./state";

/**
 * The visitor's name as it may be shown: cleaned, else `Visitor 3f2a`. Those are the id's last digits: its first
 * ones are the time (UUIDv7) and alike for all visitors of a day.
 */
export function visitorName(visitor: Conversation["visitor"]): string {
  const full = [visitor.firstName, visitor.lastName].filter((part) => part != null).join(" ");
  return cleanName(full) ?? `Visitor ${visitor.visitorId.replaceAll("-", "").slice(-4)}`;
}

/** Whom to name as the author of a visitor's message. */
export interface VisitorAuthor {
  readonly name: string;
  /** Written without proof, by a visitor who has proved identity since: the name is not that person's. */
  readonly isBeforeSignIn: boolean;
}

/**
 * A name that was proved stands only above what was written with proof. What stands before the sign-in may be somebody
 * else's, written on a shared computer to be taken for that person's words (SECURITY.md D25).
 */
export function visitorAuthor({ visitor, identity }: Conversation, { assurance }: Message): VisitorAuthor {
  const isProved = visitor.assurance === "VERIFIED" || identity.state !== "NOT_VERIFIED";
  const isBeforeSignIn = isProved && assurance !== "VERIFIED";
  return { name: isBeforeSignIn ? "Visitor, before signing in" : visitorName(visitor), isBeforeSignIn };
}

export function belongsTo(view: View, conversation: Conversation, viewerId: string): boolean {
  switch (view) {
    case "waiting":
      return conversation.state === "ONGOING" && conversation.waiting;
    case "mine":
      return conversation.state === "ONGOING" && conversation.agent?.id === viewerId;
    case "all":
      return conversation.state === "ONGOING";
    case "closed":
      return conversation.state === "CLOSED";
  }
}

/**
 * The conversations of a view, newest activity first; those who wait, longest wait first. There the open one
 * stays while it is open, so that answering does not pull the row from under the cursor.
 */
export function conversationsIn(
  state: Pick<DeskState, "conversations" | "lists" | "projects" | "viewer">,
  view: View,
  projectId: string | null,
  openId: string | null,
): readonly Conversation[] {
  const shown = Object.values(state.conversations)
    .map((held) => held.conversation)
    .filter((conversation) => {
      const id = conversation.project.projectId;
      if (projectId !== null && id !== projectId) return false;
      if (conversation.id === openId && view === "waiting" && conversation.state === "ONGOING") return true;
      if (!belongsTo(view, conversation, state.viewer.id)) return false;
      const page = state.lists[listKey(id, view)];
      return page === undefined || !page.hasMore || page.floor === null || conversation.lastActivityAt >= page.floor;
    });
  const newestFirst = (a: Conversation, b: Conversation) =>
    b.lastActivityAt.localeCompare(a.lastActivityAt) || a.id.localeCompare(b.id);
  const longestWaitFirst = (a: Conversation, b: Conversation) =>
    (a.waitingSince ?? "9").localeCompare(b.waitingSince ?? "9") || newestFirst(a, b);
  return shown.sort(view === "waiting" ? longestWaitFirst : newestFirst);
}

/** Whether the view has been fetched for every project shown, and whether there is more of it. */
export function listProgress(
  state: Pick<DeskState, "lists" | "projects">,
  view: View,
  projectId: string | null,
): { readonly loaded: boolean; readonly hasMore: boolean } {
  const ids = projectId === null ? Object.keys(state.projects) : [projectId];
  const pages = ids.map((id) => state.lists[listKey(id, view)]);
  return { loaded: pages.every((page) => page !== undefined), hasMore: pages.some((page) => page?.hasMore === true) };
}

/** The counts of one project, or of all together. */
export function countsOf(projects: DeskState["projects"], projectId: string | null): Record<View, number> {
  const all = Object.values(projects).filter((project) => projectId === null || project.projectId === projectId);
  const sum = (field: keyof Counts) => all.reduce((so, project) => so + project.counts[field], 0);
  return { waiting: sum("waiting"), mine: sum("mine"), all: sum("ongoing"), closed: sum("closed") };
}
