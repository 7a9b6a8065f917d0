/**
 * The visitor's thread: entries of one or more conversations, oldest first, each known once.
 *
 * Pure. Entries may arrive twice (a resume, a history page that overlaps) and in any order of calls; the result is the
 * same. A cursor is taken from entries alone and never from an acknowledgement: an agent's entry with a lower number
 * may still be on its way.
 */
import type { Conversation, Entry } from "@signet/protocol";

/** One conversation's part of the thread. */
export interface ThreadPart {
  readonly id: string;
  /** `null` until the server has described it. */
  readonly conversation: Conversation | null;
  /** Ascending by sequence, each once. */
  readonly entries: readonly Entry[];
}

/** Parts in the order their conversations began. */
export type Thread = readonly ThreadPart[];

/** The last entry held, as `hello` wants it. */
export interface Cursor {
  conversationId: string | null;
  sequence: number;
}

function beganAt(part: ThreadPart): string {
  return part.conversation?.createdAt ?? part.entries[0]?.createdAt ?? "1970-01-01T00:00:00Z";
}

function withPart(thread: Thread, id: string, change: (part: ThreadPart) => ThreadPart): Thread {
  const known = thread.find((part) => part.id === id);
  const changed = change(known ?? { id, conversation: null, entries: [] });
  const others = thread.filter((part) => part.id !== id);
  return [...others, changed].sort((a, b) => Date.parse(beganAt(a)) - Date.parse(beganAt(b)));
}

/** Adds entries; one that is held already is replaced. */
export function withEntries(thread: Thread, entries: readonly Entry[]): Thread {
  let result = thread;
  for (const id of new Set(entries.map((entry) => entry.conversationId))) {
    result = withPart(result, id, (part) => {
      const bySequence = new Map(part.entries.map((entry) => [entry.sequence, entry]));
      for (const entry of entries) {
        if (entry.conversationId === id) bySequence.set(entry.sequence, entry);
      }
      return { ...part, entries: [...bySequence.values()].sort((a, b) => a.sequence - b.sequence) };
    });
  }
  return result;
}

/** Describes a conversation. A read mark never moves back. */
export function withConversation(thread: Thread, conversation: Conversation): Thread {
  return withPart(thread, conversation.id, (part) => ({
    ...part,
    conversation: {
      ...conversation,
      readByVisitor: Math.max(conversation.readByVisitor, part.conversation?.readByVisitor ?? 0),
      readByAgent: Math.max(conversation.readByAgent, part.conversation?.readByAgent ?? 0),
    },
  }));
}

/** The ongoing conversation's part, if there is one. */
export function ongoingPart(thread: Thread): ThreadPart | undefined {
  return thread.findLast((part) => part.conversation?.state === "ONGOING");
}

/** Where the server should go on from after a reconnect. */
export function cursorOf(thread: Thread): Cursor {
  const part = ongoingPart(thread) ?? thread.at(-1);
  const last = part?.entries.at(-1);
  return last ? { conversationId: last.conversationId, sequence: last.sequence } : { conversationId: null, sequence: 0 };
}

/** How many of the agents' messages in the ongoing conversation the visitor has not seen. */
export function unreadCount(thread: Thread): number {
  const part = ongoingPart(thread);
  const read = part?.conversation?.readByVisitor ?? 0;
  return (part?.entries ?? []).filter(
    (entry) => entry.sequence > read && entry.kind === "TEXT" && entry.author.type === "AGENT",
  ).length;
}
