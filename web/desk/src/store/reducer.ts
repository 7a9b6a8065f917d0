/** The store's transitions: pure, idempotent, and safe against answers overtaking events. */
import type { Conversation, ConversationEvent, Counts, Message, Project, Viewer, VisitorProfile } from "../graphql/documents";
import { mergeConversation, mergeMessages, mergeNewestPage } from "./merge";
import { type Connection, type DeskState, listKey, type Pending, type SendFailure, type View } from "./state";

interface Page {
  readonly nodes: readonly Message[];
  readonly startCursor: string | null;
  readonly hasEarlier: boolean;
}

/** `asOf`: the project's cursor when the request was made; the answer is at least as new. */
export type Action =
  | { readonly type: "projectsLoaded"; readonly projects: readonly Project[] }
  | { readonly type: "viewerLoaded"; readonly viewer: Viewer }
  | { readonly type: "countsLoaded"; readonly projectId: string; readonly counts: Counts }
  | {
      readonly type: "listLoaded";
      readonly projectId: string;
      readonly view: View;
      readonly nodes: readonly Conversation[];
      readonly endCursor: string | null;
      readonly hasMore: boolean;
      readonly asOf: number;
    }
  | {
      readonly type: "threadLoaded";
      readonly conversation: Conversation;
      readonly continuedFrom: readonly string[];
      readonly page: Page;
      readonly asOf: number;
    }
  | { readonly type: "threadMissing"; readonly conversationId: string }
  | { readonly type: "earlierLoaded"; readonly conversationId: string; readonly page: Page }
  | {
      readonly type: "profileLoaded";
      readonly profile: VisitorProfile;
      readonly conversations: readonly Conversation[];
      readonly asOf: number;
    }
  | { readonly type: "conversationLoaded"; readonly conversation: Conversation; readonly asOf: number }
  | { readonly type: "event"; readonly projectId: string; readonly event: ConversationEvent; readonly at: number }
  | { readonly type: "typingLapsed"; readonly conversationId: string; readonly at: number }
  | { readonly type: "readLocally"; readonly conversationId: string; readonly sequence: number }
  | { readonly type: "draftChanged"; readonly conversationId: string; readonly text: string }
  | { readonly type: "sendStarted"; readonly conversationId: string; readonly pending: Pending }
  | { readonly type: "sendConfirmed"; readonly clientMessageId: string; readonly message: Message }
  | {
      readonly type: "sendFailed";
      readonly conversationId: string;
      readonly clientMessageId: string;
      readonly failure: SendFailure;
    }
  | { readonly type: "sendDiscarded"; readonly conversationId: string; readonly clientMessageId: string }
  | { readonly type: "connection"; readonly connection: Connection };

export function reduce(state: DeskState, action: Action): DeskState {
  switch (action.type) {
    case "projectsLoaded":
      return projectsLoaded(state, action.projects);
    case "viewerLoaded":
      return { ...state, viewer: action.viewer };
    case "countsLoaded": {
      const project = state.projects[action.projectId];
      if (project === undefined) return state;
      return { ...state, projects: { ...state.projects, [action.projectId]: { ...project, counts: action.counts } } };
    }
    case "listLoaded":
      return listLoaded(state, action);
    case "threadLoaded":
      return threadLoaded(state, action);
    case "threadMissing":
      return { ...state, missing: { ...state.missing, [action.conversationId]: true } };
    case "earlierLoaded":
      return earlierLoaded(state, action.conversationId, action.page);
    case "profileLoaded": {
      const held = action.conversations.reduce((so, one) => holdConversation(so, one, action.asOf), state);
      return { ...held, profiles: { ...held.profiles, [action.profile.visitorId]: action.profile } };
    }
    case "conversationLoaded":
      return holdConversation(state, action.conversation, action.asOf);
    case "event":
      return eventArrived(state, action.projectId, action.event, action.at);
    case "typingLapsed":
      return state.typing[action.conversationId] === action.at ? withoutTyping(state, action.conversationId) : state;
    case "readLocally":
      return readLocally(state, action.conversationId, action.sequence);
    case "draftChanged":
      return { ...state, drafts: withText(state.drafts, action.conversationId, action.text) };
    case "connection":
      return state.connection === action.connection ? state : { ...state, connection: action.connection };
    case "sendStarted":
      return setPending(state, action.conversationId, (list) => [
        ...list.filter((one) => one.clientMessageId !== action.pending.clientMessageId),
        action.pending,
      ]);
    case "sendConfirmed":
      return setPending(addMessage(state, action.message), action.message.conversationId, (list) =>
        list.filter((one) => one.clientMessageId !== action.clientMessageId),
      );
    case "sendFailed":
      return setPending(state, action.conversationId, (list) =>
        list.map((one) => (one.clientMessageId === action.clientMessageId ? { ...one, failure: action.failure } : one)),
      );
    case "sendDiscarded":
      return setPending(state, action.conversationId, (list) =>
        list.filter((one) => one.clientMessageId !== action.clientMessageId),
      );
  }
}

function projectsLoaded(state: DeskState, projects: readonly Project[]): DeskState {
  const cursors = { ...state.cursors };
  // A cursor already held is where events stop; jumping to the server's newest would skip those in between.
  for (const project of projects) cursors[project.projectId] ??= project.eventCursor;
  return { ...state, cursors, projects: Object.fromEntries(projects.map((project) => [project.projectId, project])) };
}

function listLoaded(state: DeskState, action: Extract<Action, { type: "listLoaded" }>): DeskState {
  const held = action.nodes.reduce((so, one) => holdConversation(so, one, action.asOf), state);
  const last = action.nodes[action.nodes.length - 1];
  const page = { endCursor: action.endCursor, hasMore: action.hasMore, floor: last?.lastActivityAt ?? null };
  return { ...held, lists: { ...held.lists, [listKey(action.projectId, action.view)]: page } };
}

function threadLoaded(state: DeskState, action: Extract<Action, { type: "threadLoaded" }>): DeskState {
  const { conversation, page } = action;
  const merged = mergeNewestPage(state.threads[conversation.id], page);
  const held = holdConversation(state, conversation, action.asOf);
  const { [conversation.id]: _found, ...missing } = held.missing;
  const thread = { ...merged, continuedFrom: action.continuedFrom };
  return settlePending(
    { ...held, missing, threads: { ...held.threads, [conversation.id]: thread } },
    conversation.id,
    page.nodes,
  );
}

function earlierLoaded(state: DeskState, conversationId: string, page: Page): DeskState {
  const thread = state.threads[conversationId];
  if (thread === undefined) return state;
  const messages = mergeMessages(page.nodes, thread.messages);
  // A page asked for twice may answer after a still earlier one: keep the earliest start.
  const first = thread.messages[0]?.sequence ?? Number.POSITIVE_INFINITY;
  const reachesFurther = (page.nodes[0]?.sequence ?? 0) < first;
  const start = reachesFurther ? { startCursor: page.startCursor, hasEarlier: page.hasEarlier } : {};
  return { ...state, threads: { ...state.threads, [conversationId]: { ...thread, ...start, messages } } };
}

function eventArrived(state: DeskState, projectId: string, event: ConversationEvent, at: number): DeskState {
  const { conversation, cursor, message } = event;
  if (event.kind === "VISITOR_TYPING") {
    return { ...state, typing: { ...state.typing, [conversation.id]: at } };
  }
  const seen = state.cursors[projectId] ?? 0;
  let next = holdConversation(state, conversation, cursor ?? seen);
  if (cursor !== null && cursor > seen) next = { ...next, cursors: { ...next.cursors, [projectId]: cursor } };
  return message === null ? next : addMessage(next, message);
}

function holdConversation(state: DeskState, conversation: Conversation, asOf: number): DeskState {
  const held = state.conversations[conversation.id];
  const merged = held === undefined ? { conversation, asOf } : mergeConversation(held, conversation, asOf);
  if (merged === held) return state;
  return { ...state, conversations: { ...state.conversations, [conversation.id]: merged } };
}

function addMessage(state: DeskState, message: Message): DeskState {
  const id = message.conversationId;
  let next = settlePending(state, id, [message]);
  if (message.author.type === "VISITOR" && next.typing[id] !== undefined) next = withoutTyping(next, id);
  const thread = next.threads[id];
  if (thread === undefined) return next;
  const newest = thread.messages[thread.messages.length - 1]?.sequence ?? 0;
  const joins = message.sequence <= newest + 1;
  const grown = joins ? { ...thread, messages: mergeMessages(thread.messages, [message]) } : { ...thread, stale: true };
  return { ...next, threads: { ...next.threads, [id]: grown } };
}

function withoutTyping(state: DeskState, conversationId: string): DeskState {
  const { [conversationId]: _typed, ...typing } = state.typing;
  return { ...state, typing };
}

/** Takes away what is pending of the messages that are now known to be stored. */
function settlePending(state: DeskState, conversationId: string, stored: readonly Message[]): DeskState {
  const list = state.pending[conversationId];
  if (list === undefined || list.length === 0) return state;
  const ids = new Set(stored.map((message) => message.clientMessageId));
  return setPending(state, conversationId, (all) => all.filter((one) => !ids.has(one.clientMessageId)));
}

function setPending(state: DeskState, id: string, change: (list: readonly Pending[]) => readonly Pending[]): DeskState {
  return { ...state, pending: { ...state.pending, [id]: change(state.pending[id] ?? []) } };
}

function readLocally(state: DeskState, conversationId: string, sequence: number): DeskState {
  const held = state.conversations[conversationId];
  if (held === undefined || held.conversation.readByAgent >= sequence) return state;
  const unreadCount = sequence >= held.conversation.lastSequence ? 0 : held.conversation.unreadCount;
  const conversation = { ...held.conversation, readByAgent: sequence, unreadCount };
  return { ...state, conversations: { ...state.conversations, [conversationId]: { ...held, conversation } } };
}

function withText(drafts: DeskState["drafts"], id: string, text: string): DeskState["drafts"] {
  if (text !== "") return { ...drafts, [id]: text };
  const { [id]: _sent, ...others } = drafts;
  return others;
}
