/**
 * Everything an agent does, and everything the server tells, in one place: the screens call these and read
 * the store. One desk lives as long as its agent; when the session ends it stops, and keeps drafts and unsent
 * messages for when the same agent comes back.
 */
import type { Answer, Api, Failure } from "../graphql/client";
import {
  closeDocument,
  type ConversationEvent,
  countsDocument,
  earlierDocument,
  listDocument,
  markReadDocument,
  profileDocument,
  type Project,
  sendDocument,
  startDocument,
  threadDocument,
  typingDocument,
  type Viewer,
} from "../graphql/documents";
import { emptyState, listKey, type View } from "../store/state";
import { createStore, type Store } from "../store/store";
import { startLive } from "./live";

/** Entries a page, of lists and of threads. */
const PAGE = 50;
/** Counts are asked for at most this often, milliseconds: a busy project has many events a second. */
const COUNTS_EVERY = 800;
/** The server passes on one sign of typing in 3 s. */
const TYPING_EVERY = 3_000;
/** How long after its last sign a visitor counts as typing, milliseconds. */
const TYPING_LASTS = 5_000;

export interface Desk {
  readonly store: Store;
  readonly start: (projects: readonly Project[]) => void;
  readonly stop: () => void;
  readonly showView: (view: View) => void;
  readonly loadMore: (view: View) => Promise<void>;
  readonly openConversation: (conversationId: string) => Promise<void>;
  readonly leaveConversation: () => void;
  readonly loadEarlier: (conversationId: string) => Promise<void>;
  readonly loadProfile: (visitorId: string) => Promise<void>;
  readonly changeDraft: (conversationId: string, text: string) => void;
  readonly send: (conversationId: string, text: string) => void;
  readonly retry: (conversationId: string, clientMessageId: string) => void;
  readonly discard: (conversationId: string, clientMessageId: string) => void;
  /** Resolves with why it could not be closed, or `null`. */
  readonly close: (conversationId: string) => Promise<string | null>;
  readonly markRead: (conversationId: string, sequence: number) => void;
}

export interface DeskOptions {
  readonly api: Api;
  readonly viewer: Viewer;
  readonly socketUrl: string;
  readonly onUnauthenticated: () => void;
}

export function createDesk({ api, viewer, socketUrl, onUnauthenticated }: DeskOptions): Desk {
  const store = createStore(emptyState(viewer));
  const { get, dispatch } = store;
  let stopLive: (() => void) | undefined;
  let openView: View = "all";
  let openId: string | null = null;
  let typingSentAt = 0;
  let wasLost = false;
  const countsTimers = new Map<string, ReturnType<typeof setTimeout>>();
  const underWay = new Set<string>();

  const cursorOf = (projectId: string) => get().cursors[projectId] ?? 0;
  const projectOf = (conversationId: string) =>
    get().conversations[conversationId]?.conversation.project.projectId ?? "";

  /** The data, or `null` after a failure that the caller cannot mend. */
  function dataOf<Data>(answer: Answer<Data>): Data | null {
    if ("data" in answer) return answer.data;
    if (answer.failure.kind === "unauthenticated") onUnauthenticated();
    return null;
  }

  /** Lets one request of a kind run at a time. */
  async function once(key: string, work: () => Promise<void>): Promise<void> {
    if (underWay.has(key)) return;
    underWay.add(key);
    try {
      await work();
    } finally {
      underWay.delete(key);
    }
  }

  async function loadList(projectId: string, view: View, after: string | null): Promise<void> {
    await once(`list ${view} ${projectId} ${after ?? ""}`, async () => {
      const asOf = cursorOf(projectId);
      const filter = viewFilters[view];
      const data = dataOf(await api.query(listDocument, { projectId, filter, first: PAGE, after }));
      if (data === null) return;
      const { nodes, pageInfo } = data.conversations;
      const { endCursor, hasNextPage: hasMore } = pageInfo;
      dispatch({ type: "listLoaded", projectId, view, nodes, endCursor, hasMore, asOf });
    });
  }

  function showView(view: View): void {
    openView = view;
    for (const projectId of Object.keys(get().projects)) void loadList(projectId, view, null);
  }

  async function loadMore(view: View): Promise<void> {
    const { projects, lists } = get();
    await Promise.all(
      Object.keys(projects).map(async (projectId) => {
        const page = lists[listKey(projectId, view)];
        if (page?.hasMore === true) await loadList(projectId, view, page.endCursor);
      }),
    );
  }

  async function loadThread(id: string): Promise<void> {
    await once(`thread ${id}`, async () => {
      const { cursors } = get();
      const data = dataOf(await api.query(threadDocument, { id, last: PAGE }));
      if (data === null) return;
      const { conversation } = data;
      if (conversation === null) return dispatch({ type: "threadMissing", conversationId: id });
      const { continuedFrom, messages, ...fields } = conversation;
      const { startCursor, hasPreviousPage: hasEarlier } = messages.pageInfo;
      dispatch({
        type: "threadLoaded",
        conversation: fields,
        continuedFrom: continuedFrom.map((one) => one.id),
        page: { nodes: messages.nodes, startCursor, hasEarlier },
        asOf: cursors[conversation.project.projectId] ?? 0,
      });
    });
    if (get().threads[id]?.stale === true && openId === id && get().connection === "live") await loadThread(id);
  }

  async function openConversation(id: string): Promise<void> {
    openId = id;
    await loadThread(id);
    const held = get().conversations[id];
    if (held !== undefined && openId === id) await loadProfile(held.conversation.visitor.visitorId);
  }

  async function loadEarlier(id: string): Promise<void> {
    await once(`earlier ${id}`, async () => {
      const before = get().threads[id]?.startCursor;
      if (before == null) return;
      const data = dataOf(await api.query(earlierDocument, { id, last: PAGE, before }));
      if (data?.conversation == null) return;
      const { nodes, pageInfo } = data.conversation.messages;
      const page = { nodes, startCursor: pageInfo.startCursor, hasEarlier: pageInfo.hasPreviousPage };
      dispatch({ type: "earlierLoaded", conversationId: id, page });
    });
  }

  async function loadProfile(id: string): Promise<void> {
    await once(`profile ${id}`, async () => {
      const asOf = openId === null ? 0 : cursorOf(projectOf(openId));
      const data = dataOf(await api.query(profileDocument, { id }));
      if (data?.visitor == null) return;
      const conversations = data.visitor.conversations.nodes;
      dispatch({ type: "profileLoaded", profile: data.visitor, conversations, asOf });
    });
  }

  function refreshCounts(projectId: string): void {
    if (countsTimers.has(projectId)) return;
    const refresh = async () => {
      countsTimers.delete(projectId);
      const data = dataOf(await api.query(countsDocument, { projectId }));
      if (data?.project != null) dispatch({ type: "countsLoaded", projectId, counts: data.project.counts });
    };
    countsTimers.set(projectId, setTimeout(() => void refresh(), COUNTS_EVERY));
  }

  function onEvent(projectId: string, event: ConversationEvent): void {
    const at = Date.now();
    dispatch({ type: "event", projectId, event, at });
    if (event.kind === "VISITOR_TYPING") {
      setTimeout(() => dispatch({ type: "typingLapsed", conversationId: event.conversation.id, at }), TYPING_LASTS);
      return;
    }
    refreshCounts(projectId);
    const { id, visitor } = event.conversation;
    if (id !== openId) return;
    if (get().threads[id]?.stale === true) void loadThread(id);
    // A sign-in can change who the visitor is and what is known of them.
    const profile = get().profiles[visitor.visitorId];
    if (profile === undefined || event.kind === "VISITOR_AUTHENTICATED" || event.kind === "CONVERSATION_UPDATED")
      void loadProfile(visitor.visitorId);
  }

  /** After a break: what the events alone cannot tell. */
  function resync(): void {
    showView(openView);
    for (const projectId of Object.keys(get().projects)) refreshCounts(projectId);
    if (openId !== null) void openConversation(openId);
  }

  async function mayReconnect(): Promise<boolean> {
    const answer = await api.query(startDocument, {});
    if ("failure" in answer) {
      if (answer.failure.kind !== "unauthenticated") return true;
      onUnauthenticated();
      return false;
    }
    dispatch({ type: "projectsLoaded", projects: answer.data.projects.nodes });
    return true;
  }

  async function deliver(conversationId: string, clientMessageId: string, text: string): Promise<void> {
    const answer = await api.mutate(sendDocument, { input: { conversationId, text, clientMessageId } });
    const message = "data" in answer ? answer.data.messageSend.message : null;
    if (message !== null) return dispatch({ type: "sendConfirmed", clientMessageId, message });
    const failure = "failure" in answer ? wordsFor(answer.failure) : answer.data.messageSend.userErrors[0]?.message;
    dispatch({ type: "sendFailed", conversationId, clientMessageId, failure: failure ?? "The message was refused." });
    dataOf(answer);
  }

  function send(conversationId: string, text: string, clientMessageId: string = crypto.randomUUID()): void {
    const pending = { clientMessageId, text, at: Date.now(), failure: null };
    dispatch({ type: "sendStarted", conversationId, pending });
    typingSentAt = 0;
    void deliver(conversationId, clientMessageId, text);
  }

  return {
    store,
    start: (projects) => {
      dispatch({ type: "projectsLoaded", projects });
      showView(openView);
      stopLive = startLive({
        url: socketUrl,
        projectIds: () => Object.keys(get().projects),
        cursor: (projectId) => get().cursors[projectId],
        onEvent,
        onConnection: (connection) => {
          dispatch({ type: "connection", connection });
          if (connection === "live" && wasLost) resync();
          wasLost = connection === "lost";
        },
        mayReconnect,
        onUnauthenticated,
      });
    },
    stop: () => {
      stopLive?.();
      stopLive = undefined;
      for (const timer of countsTimers.values()) clearTimeout(timer);
      countsTimers.clear();
    },
    showView,
    loadMore,
    openConversation,
    leaveConversation: () => {
      openId = null;
    },
    loadEarlier,
    loadProfile,
    changeDraft: (conversationId, text) => {
      dispatch({ type: "draftChanged", conversationId, text });
      const now = Date.now();
      if (text === "" || now - typingSentAt < TYPING_EVERY) return;
      typingSentAt = now;
      void api.mutate(typingDocument, { input: { conversationId } });
    },
    send: (conversationId, text) => send(conversationId, text),
    retry: (conversationId, clientMessageId) => {
      // The same id again: the server stores a message once, also if the first answer was lost on the way.
      const pending = get().pending[conversationId]?.find((one) => one.clientMessageId === clientMessageId);
      if (pending !== undefined) send(conversationId, pending.text, clientMessageId);
    },
    discard: (conversationId, clientMessageId) => dispatch({ type: "sendDiscarded", conversationId, clientMessageId }),
    close: async (conversationId) => {
      const asOf = cursorOf(projectOf(conversationId));
      const answer = await api.mutate(closeDocument, { input: { conversationId } });
      const data = dataOf(answer);
      if (data === null) return "failure" in answer ? wordsFor(answer.failure) : null;
      const { conversation, userErrors } = data.conversationClose;
      if (conversation !== null) dispatch({ type: "conversationLoaded", conversation, asOf });
      return userErrors[0]?.message ?? null;
    },
    markRead: (conversationId, sequence) => {
      const held = get().conversations[conversationId];
      if (held === undefined || held.conversation.readByAgent >= sequence) return;
      dispatch({ type: "readLocally", conversationId, sequence });
      void api.mutate(markReadDocument, { input: { conversationId, sequence } }).then(dataOf);
    },
  };
}

const viewFilters = {
  waiting: { state: "ONGOING", waiting: true },
  mine: { state: "ONGOING", mine: true },
  all: { state: "ONGOING" },
  closed: { state: "CLOSED" },
} as const;

function wordsFor(failure: Failure): string {
  switch (failure.kind) {
    case "unauthenticated":
      return "You are signed out.";
    case "unreachable":
      return "No connection.";
    case "refused":
      return failure.message;
  }
}
