import type { Conversation, ConversationEvent, Message, Project, Viewer } from "../src/graphql/documents";
import type { DeskState } from "../src/store/state";
import { emptyState } from "../src/store/state";
import { type Action, reduce } from "../src/store/reducer";

export const viewer: Viewer = { kind: "AGENT", id: "agent-1", name: "Ana Bauer", email: null, ownsPlatform: false, rights: [] };

export const project: Project = {
  projectId: "demo",
  name: "Lumen & Fils",
  eventCursor: 10,
  counts: { waiting: 0, mine: 0, ongoing: 0, closed: 0 },
};

const noon = Date.parse("2026-11-20T12:00:00.000Z");
export const minute = (count: number) => new Date(noon + count * 60_000).toISOString();

export function message(sequence: number, change: Partial<Message> = {}): Message {
  return {
    id: `message-${change.conversationId ?? "one"}-${sequence}`,
    conversationId: "one",
    sequence,
    kind: "TEXT",
    notice: null,
    text: `text ${sequence}`,
    author: { type: "VISITOR", id: "visitor-1", name: null },
    assurance: "ANONYMOUS",
    verifiedAt: null,
    sessionId: "session-1",
    clientMessageId: null,
    copiedFrom: null,
    createdAt: minute(sequence),
    ...change,
  };
}

export function conversation(change: Partial<Conversation> = {}): Conversation {
  return {
    id: "one",
    project: { projectId: "demo" },
    visitor: {
      visitorId: "01a1f9f7-6b5b-75c4-8d53-ce51dfb63f2a",
      firstName: null,
      lastName: null,
      externalUserId: null,
      assurance: "ANONYMOUS",
    },
    state: "ONGOING",
    createdAt: minute(0),
    closedAt: null,
    closeReason: null,
    continuedIn: null,
    agent: null,
    bot: null,
    identity: { state: "NOT_VERIFIED", verifiedAt: null, lapsedAt: null, lapseReason: null },
    identityRequest: null,
    lastMessage: null,
    lastActivityAt: minute(1),
    lastSequence: 1,
    waiting: false,
    waitingSince: null,
    unreadCount: 0,
    readByAgent: 0,
    readByVisitor: 0,
    ...change,
  };
}

export function sent(cursor: number, sequence: number, change: Partial<Message> = {}): Action {
  const entry = message(sequence, change);
  const event: ConversationEvent = {
    cursor,
    kind: "MESSAGE_SENT",
    conversation: conversation({ lastSequence: sequence, lastActivityAt: entry.createdAt, lastMessage: entry }),
    message: entry,
  };
  return { type: "event", projectId: "demo", event, at: 0 };
}

export function changed(
  cursor: number | null,
  kind: ConversationEvent["kind"],
  change: Partial<Conversation> = {},
): Action {
  return {
    type: "event",
    projectId: "demo",
    event: { cursor, kind, conversation: conversation(change), message: null },
    at: 7,
  };
}

export function threadLoaded(sequences: readonly number[], asOf: number, hasEarlier = false): Action {
  return {
    type: "threadLoaded",
    conversation: conversation({ lastSequence: sequences[sequences.length - 1] ?? 0 }),
    continuedFrom: [],
    page: { nodes: sequences.map((sequence) => message(sequence)), startCursor: `before-${sequences[0]}`, hasEarlier },
    asOf,
  };
}

export const started: DeskState = reduce(emptyState(viewer), { type: "projectsLoaded", projects: [project] });

export function after(...actions: readonly Action[]): DeskState {
  return actions.reduce(reduce, started);
}

export function sequencesOf(state: DeskState): readonly number[] {
  return (state.threads["one"]?.messages ?? []).map((one) => one.sequence);
}
