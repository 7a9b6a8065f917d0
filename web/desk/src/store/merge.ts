/** How two accounts of the same thing become one, whichever came first. */
import type { Conversation, Message } from "../graphql/documents";
import type { HeldConversation, Thread } from "./state";

/**
 * Joins a snapshot to the one held. The newer one wins, by last sequence and then by cursor; read marks only
 * grow and a closed conversation stays closed, whichever wins.
 */
export function mergeConversation(held: HeldConversation, incoming: Conversation, asOf: number): HeldConversation {
  const current = held.conversation;
  const isNewer =
    incoming.lastSequence > current.lastSequence ||
    (incoming.lastSequence === current.lastSequence && asOf >= held.asOf);
  const newer = isNewer ? incoming : current;
  const older = isNewer ? current : incoming;
  const readByAgent = Math.max(newer.readByAgent, older.readByAgent);
  const closed = newer.state === "ONGOING" && older.state === "CLOSED" ? older : newer;
  return {
    asOf: Math.max(held.asOf, asOf),
    conversation: {
      ...newer,
      state: closed.state,
      closedAt: closed.closedAt,
      closeReason: closed.closeReason,
      continuedIn: newer.continuedIn ?? older.continuedIn,
      waiting: closed.waiting,
      readByAgent,
      readByVisitor: Math.max(newer.readByVisitor, older.readByVisitor),
      // A count made before the agents read up to the last message is out of date.
      unreadCount: readByAgent >= newer.lastSequence ? 0 : newer.unreadCount,
    },
  };
}

/** Both lists' messages, ascending, each sequence once; of two accounts of one message the second list's stays. */
export function mergeMessages(one: readonly Message[], other: readonly Message[]): readonly Message[] {
  const bySequence = new Map<number, Message>();
  for (const message of one) bySequence.set(message.sequence, message);
  for (const message of other) bySequence.set(message.sequence, message);
  return [...bySequence.values()].sort((a, b) => a.sequence - b.sequence);
}

/** The newest page joined to what is held, or in its place if there is a hole between the two. */
export function mergeNewestPage(
  held: Thread | undefined,
  page: { nodes: readonly Message[]; startCursor: string | null; hasEarlier: boolean },
): Omit<Thread, "continuedFrom"> {
  const fresh = { messages: page.nodes, startCursor: page.startCursor, hasEarlier: page.hasEarlier, stale: false };
  const first = page.nodes[0]?.sequence;
  const newest = held?.messages[held.messages.length - 1]?.sequence;
  if (held === undefined || first === undefined || newest === undefined || first > newest + 1) return fresh;
  const reachesFurther = first <= (held.messages[0]?.sequence ?? 0);
  const start = reachesFurther ? fresh : held;
  // The page may be older than an event that arrived while it was under way; if so what is held has no hole.
  const covered = (page.nodes[page.nodes.length - 1]?.sequence ?? 0) >= newest;
  return {
    messages: mergeMessages(held.messages, page.nodes),
    startCursor: start.startCursor,
    hasEarlier: start.hasEarlier,
    stale: held.stale && !covered,
  };
}
