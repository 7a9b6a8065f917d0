/**
 * Everything an agent does, and everything the server tells, in one place: the screens call these and read
 * the store. One desk lives as long as its agent; when the session ends it stops, and keeps drafts and unsent
 * messages for when the same agent comes back.
 */
import type { Answer, Api, Failure } from "../graphql/client";
import {
  closeDocument,
  confirmIdentityDocument,
  type ConversationEvent,
  countsDocument,
  earlierDocument,
  listDocument,
  markReadDocument,
  profileDocument,
  type Start,
  sendDocument,
  startDocument,
  threadDocument,
  typingDocument,
  type Viewer,
} from "../graphql/documents";
import { type Connection, emptyState, listKey, type View } from "../store/state";
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
/** Pause before something that failed is asked for again, milliseconds. */
const TRY_AGAIN_AFTER = 3_000;

export interface DeskOptions {
  readonly api: Api;
  readonly viewer: Viewer;
  readonly socketUrl: string;
  readonly onUnauthenticated: () => void;
}

export class Desk {
  readonly store: Store;
  readonly #api: Api;
  readonly #socketUrl: string;
  readonly #onUnauthenticated: () => void;
  readonly #countsTimers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #underWay = new Set<string>();
  #stopLive: (() => void) | undefined;
  #view: View = "all";
  #openId: string | null = null;
  #typingSentAt = 0;
  #wasLost = false;

  constructor({ api, viewer, socketUrl, onUnauthenticated }: DeskOptions) {
    this.store = createStore(emptyState(viewer));
    this.#api = api;
    this.#socketUrl = socketUrl;
    this.#onUnauthenticated = onUnauthenticated;
  }

  /** Begins, or goes on after `stop`. What it begins with must have been read before anything else that is shown. */
  start(read: Start): void {
    this.#hold(read);
    this.showView(this.#view);
    this.#openLive();
  }

  #openLive(): void {
    this.#stopLive = startLive({
      url: this.#socketUrl,
      projectIds: () => this.#projectIds(),
      cursor: (projectId) => this.store.get().cursors[projectId],
      onEvent: (projectId, event) => this.#onEvent(projectId, event),
      onConnection: (connection) => this.#onConnection(connection),
      mayReconnect: () => this.#mayReconnect(),
      onUnauthenticated: this.#onUnauthenticated,
    });
  }

  /** Reads anew who the agent is and which projects are theirs, after a change of either. */
  async refresh(): Promise<void> {
    const data = this.#dataOf(await this.#api.query(startDocument, {}));
    if (data === null) return;
    const held = this.#projectIds();
    this.#hold(data);
    if (data.projects.nodes.every(({ projectId }) => held.includes(projectId))) return;
    // Events of a project are asked for when the connection opens.
    this.#stopLive?.();
    this.#openLive();
    this.showView(this.#view);
  }

  stop(): void {
    this.#stopLive?.();
    this.#stopLive = undefined;
    this.#wasLost = true;
    for (const timer of this.#countsTimers.values()) clearTimeout(timer);
    this.#countsTimers.clear();
  }

  /** Fetches the view's first page. */
  showView(view: View): void {
    this.#view = view;
    for (const projectId of this.#projectIds()) void this.#loadList(projectId, view, null);
  }

  async loadMore(view: View): Promise<void> {
    const { lists } = this.store.get();
    await Promise.all(
      this.#projectIds().map(async (projectId) => {
        const page = lists[listKey(projectId, view)];
        if (page?.hasMore === true) await this.#loadList(projectId, view, page.endCursor);
      }),
    );
  }

  async openConversation(id: string): Promise<void> {
    this.#openId = id;
    await this.#loadThread(id);
    const held = this.store.get().conversations[id];
    if (held !== undefined && this.#openId === id) await this.#loadProfile(held.conversation.visitor.visitorId);
  }

  leaveConversation(): void {
    this.#openId = null;
  }

  async loadEarlier(id: string): Promise<void> {
    await this.#once(`earlier ${id}`, async () => {
      const before = this.store.get().threads[id]?.startCursor;
      if (before == null) return;
      const data = this.#dataOf(await this.#api.query(earlierDocument, { id, last: PAGE, before }));
      if (data?.conversation == null) return;
      const { nodes, pageInfo } = data.conversation.messages;
      const page = { nodes, startCursor: pageInfo.startCursor, hasEarlier: pageInfo.hasPreviousPage };
      this.store.dispatch({ type: "earlierLoaded", conversationId: id, page });
    });
  }

  changeDraft(conversationId: string, text: string): void {
    this.store.dispatch({ type: "draftChanged", conversationId, text });
    const now = Date.now();
    if (text === "" || now - this.#typingSentAt < TYPING_EVERY) return;
    this.#typingSentAt = now;
    void this.#api.mutate(typingDocument, { input: { conversationId } });
  }

  send(conversationId: string, text: string): void {
    this.#typingSentAt = 0;
    void this.#deliver(conversationId, crypto.randomUUID(), text);
  }

  /** Sends again under the same id: the server stores it once, also if only its first answer was lost. */
  retry(conversationId: string, clientMessageId: string): void {
    const pending = this.store.get().pending[conversationId]?.find((one) => one.clientMessageId === clientMessageId);
    if (pending !== undefined) void this.#deliver(conversationId, clientMessageId, pending.text);
  }

  discard(conversationId: string, clientMessageId: string): void {
    this.store.dispatch({ type: "sendDiscarded", conversationId, clientMessageId });
  }

  /** Resolves with why it could not be closed, or `null`. */
  async close(conversationId: string): Promise<string | null> {
    const asOf = this.#cursorFor(conversationId);
    const answer = await this.#api.mutate(closeDocument, { input: { conversationId } });
    const data = this.#dataOf(answer);
    if (data === null) return "failure" in answer ? wordsFor(answer.failure) : null;
    const { conversation, userErrors } = data.conversationClose;
    if (conversation !== null) this.store.dispatch({ type: "conversationLoaded", conversation, asOf });
    return userErrors[0]?.message ?? null;
  }

  /** Asks the visitor to confirm who they are. Resolves with why they could not be asked, or `null`. */
  async askForIdentity(conversationId: string): Promise<string | null> {
    const asOf = this.#cursorFor(conversationId);
    const answer = await this.#api.mutate(confirmIdentityDocument, { input: { conversationId } });
    const data = this.#dataOf(answer);
    if (data === null) return "failure" in answer ? wordsFor(answer.failure) : null;
    const { conversation, userErrors } = data.identityConfirmationRequest;
    if (conversation !== null) this.store.dispatch({ type: "conversationLoaded", conversation, asOf });
    return userErrors[0]?.message ?? null;
  }

  markRead(conversationId: string, sequence: number): void {
    const held = this.store.get().conversations[conversationId];
    if (held === undefined || held.conversation.readByAgent >= sequence) return;
    this.store.dispatch({ type: "readLocally", conversationId, sequence });
    const answer = this.#api.mutate(markReadDocument, { input: { conversationId, sequence } });
    void answer.then((one) => this.#dataOf(one));
  }

  #projectIds(): readonly string[] {
    return Object.keys(this.store.get().projects);
  }

  /** The cursor up to which an answer to a request made now is current. */
  #cursorFor(conversationId: string | null): number {
    const { conversations, cursors } = this.store.get();
    const held = conversationId === null ? undefined : conversations[conversationId];
    return held === undefined ? 0 : (cursors[held.conversation.project.projectId] ?? 0);
  }

  /** The data, or `null` after a failure that the caller cannot mend. */
  #dataOf<Data>(answer: Answer<Data>): Data | null {
    if ("data" in answer) return answer.data;
    if (answer.failure.kind === "unauthenticated") this.#onUnauthenticated();
    return null;
  }

  /** Lets one request of a kind run at a time. */
  async #once(key: string, work: () => Promise<void>): Promise<void> {
    if (this.#underWay.has(key)) return;
    this.#underWay.add(key);
    try {
      await work();
    } finally {
      this.#underWay.delete(key);
    }
  }

  /** Tries again what the screen cannot do without, unless the desk has stopped meanwhile. */
  #later(work: () => unknown): void {
    setTimeout(() => this.#stopLive !== undefined && work(), TRY_AGAIN_AFTER);
  }

  async #loadList(projectId: string, view: View, after: string | null): Promise<void> {
    await this.#once(`list ${view} ${projectId} ${after ?? ""}`, async () => {
      const asOf = this.store.get().cursors[projectId] ?? 0;
      const filter = viewFilters[view];
      const data = this.#dataOf(await this.#api.query(listDocument, { projectId, filter, first: PAGE, after }));
      if (data === null) {
        if (after === null) this.#later(() => this.#view === view && void this.#loadList(projectId, view, null));
        return;
      }
      const { nodes, pageInfo } = data.conversations;
      const { endCursor, hasNextPage: hasMore } = pageInfo;
      this.store.dispatch({ type: "listLoaded", projectId, view, nodes, endCursor, hasMore, asOf });
    });
  }

  async #loadThread(id: string): Promise<void> {
    await this.#once(`thread ${id}`, async () => {
      const { cursors } = this.store.get();
      const data = this.#dataOf(await this.#api.query(threadDocument, { id, last: PAGE }));
      if (data === null) return this.#later(() => this.#openId === id && void this.#loadThread(id));
      const { conversation } = data;
      if (conversation === null) return this.store.dispatch({ type: "threadMissing", conversationId: id });
      const { continuedFrom, messages, ...fields } = conversation;
      const { startCursor, hasPreviousPage: hasEarlier } = messages.pageInfo;
      this.store.dispatch({
        type: "threadLoaded",
        conversation: fields,
        continuedFrom: continuedFrom.map((one) => one.id),
        page: { nodes: messages.nodes, startCursor, hasEarlier },
        asOf: cursors[conversation.project.projectId] ?? 0,
      });
    });
  }

  async #loadProfile(id: string): Promise<void> {
    await this.#once(`profile ${id}`, async () => {
      const asOf = this.#cursorFor(this.#openId);
      const data = this.#dataOf(await this.#api.query(profileDocument, { id }));
      if (data?.visitor == null) return;
      const conversations = data.visitor.conversations.nodes;
      this.store.dispatch({ type: "profileLoaded", profile: data.visitor, conversations, asOf });
    });
  }

  #refreshCounts(projectId: string): void {
    if (this.#countsTimers.has(projectId)) return;
    const refresh = async () => {
      this.#countsTimers.delete(projectId);
      const data = this.#dataOf(await this.#api.query(countsDocument, { projectId }));
      if (data?.project != null) this.store.dispatch({ type: "countsLoaded", projectId, counts: data.project.counts });
    };
    this.#countsTimers.set(
      projectId,
      setTimeout(() => void refresh(), COUNTS_EVERY),
    );
  }

  #onEvent(projectId: string, event: ConversationEvent): void {
    const at = Date.now();
    const { id, visitor } = event.conversation;
    this.store.dispatch({ type: "event", projectId, event, at });
    if (event.kind === "VISITOR_TYPING") {
      setTimeout(() => this.store.dispatch({ type: "typingLapsed", conversationId: id, at }), TYPING_LASTS);
      return;
    }
    this.#refreshCounts(projectId);
    if (id !== this.#openId) return;
    const { threads, profiles } = this.store.get();
    if (threads[id]?.stale === true) void this.#loadThread(id);
    // A sign-in can change who the visitor is and what is known of them.
    const mayHaveChanged = event.kind === "VISITOR_AUTHENTICATED" || event.kind === "CONVERSATION_UPDATED";
    if (mayHaveChanged || profiles[visitor.visitorId] === undefined) void this.#loadProfile(visitor.visitorId);
  }

  #onConnection(connection: Connection): void {
    this.store.dispatch({ type: "connection", connection });
    if (connection === "live" && this.#wasLost) this.#resync();
    this.#wasLost = connection === "lost";
  }

  /** After a break: what the events alone cannot tell, and what could not be sent meanwhile. */
  #resync(): void {
    this.showView(this.#view);
    for (const projectId of this.#projectIds()) this.#refreshCounts(projectId);
    if (this.#openId !== null) void this.openConversation(this.#openId);
    for (const [conversationId, list] of Object.entries(this.store.get().pending)) {
      for (const { clientMessageId, failure } of list) {
        if (failure?.waitsForConnection === true) this.retry(conversationId, clientMessageId);
      }
    }
  }

  /** Asks over HTTP first: a socket that is refused does not tell why. */
  async #mayReconnect(): Promise<boolean> {
    const answer = await this.#api.query(startDocument, {});
    if ("failure" in answer) {
      if (answer.failure.kind !== "unauthenticated") return true;
      this.#onUnauthenticated();
      return false;
    }
    this.#hold(answer.data);
    return true;
  }

  #hold({ viewer, projects }: Start): void {
    this.store.dispatch({ type: "viewerLoaded", viewer });
    this.store.dispatch({ type: "projectsLoaded", projects: projects.nodes });
  }

  async #deliver(conversationId: string, clientMessageId: string, text: string): Promise<void> {
    const pending = { clientMessageId, text, at: Date.now(), failure: null };
    this.store.dispatch({ type: "sendStarted", conversationId, pending });
    const answer = await this.#api.mutate(sendDocument, { input: { conversationId, text, clientMessageId } });
    const message = "data" in answer ? answer.data.messageSend.message : null;
    if (message !== null) return this.store.dispatch({ type: "sendConfirmed", clientMessageId, message });
    const refusal = "data" in answer ? answer.data.messageSend.userErrors[0]?.message : wordsFor(answer.failure);
    const waitsForConnection = "failure" in answer && answer.failure.kind !== "refused";
    const failure = { words: refusal ?? "The message was refused.", waitsForConnection };
    this.store.dispatch({ type: "sendFailed", conversationId, clientMessageId, failure });
    this.#dataOf(answer);
  }
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
