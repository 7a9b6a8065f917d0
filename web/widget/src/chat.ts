/**
 * The chat behind the screen: ties session, socket, loader and other tabs together, and keeps what a screen draws.
 *
 * A wipe empties everything a person left here in one step: session and thread (by the client), draft and history
 * position (here). The screen is drawn from this state alone, so an empty state is an empty screen.
 */
import { VisitorApi, VisitorConnection, VisitorSession, unreadCount, withConversation, withEntries, ongoingPart } from "@signet/client";
import type { ConnectionEvent, ConnectionState, Environment, Fetch, SessionEvent, SessionState } from "@signet/client";
import { isToWidget } from "@signet/protocol";
import type { AuthenticationOption, CallbackName, ChatboxStatus, PublicState, ToLoader, ToWidget } from "@signet/protocol";
import type { ConsentingDeviceStore } from "./device";
import type { Tabs, Word } from "./tabs";

/** How much of the past is here. */
export type HistoryState = "unknown" | "more" | "loading" | "failed" | "complete";

/** Everything a screen draws. A new object after every change. */
export interface ChatState {
  readonly session: SessionState;
  readonly connection: ConnectionState;
  readonly opened: boolean;
  readonly sheet: boolean;
  readonly history: HistoryState;
  readonly draft: string;
  readonly networkUp: boolean;
}

/** The part of the state that is the screen's own. */
type OwnState = Pick<ChatState, "opened" | "sheet" | "history" | "draft" | "networkUp">;

/** What the chat is made of. */
export interface ChatParts {
  projectId: string;
  origin: string;
  port: MessagePort;
  sheet: boolean;
  device: ConsentingDeviceStore;
  tabs: Tabs;
  environment: Environment;
  fetch: Fetch;
  networkUp: boolean;
}

/** See the module's description. */
export class Chat {
  readonly #parts: ChatParts;
  readonly #api: VisitorApi;
  readonly #connection: VisitorConnection;
  readonly #session: VisitorSession;
  readonly #listeners = new Set<() => void>();
  readonly #questions = new Map<number, (option: AuthenticationOption | null) => void>();
  #asked = 0;
  #told = "";
  #status: ChatboxStatus = "HIDDEN";
  #historyCursor: string | null = null;
  #historyOf: string | null = null;
  #own: OwnState;
  #state: ChatState;

  constructor(parts: ChatParts) {
    this.#parts = parts;
    const { environment, projectId, origin, device } = parts;
    this.#api = new VisitorApi(parts.fetch, environment);
    this.#connection = new VisitorConnection(environment, (event) => this.#heard(event));
    this.#session = new VisitorSession({
      projectId,
      origin,
      device,
      environment,
      api: this.#api,
      connection: this.#connection,
      askProvider: () => this.#askProvider(),
      listener: (event) => this.#sessionHeard(event),
    });
    this.#own = { opened: false, sheet: parts.sheet, history: "unknown", draft: "", networkUp: parts.networkUp };
    this.#state = this.#compose();
    parts.tabs.onWord((word) => this.#hearTab(word));
    parts.port.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (isToWidget(data)) this.#obey(data);
    };
    this.#post({ type: "ready" });
  }

  get state(): ChatState {
    return this.#state;
  }

  /** Calls `listener` after every change until the returned function is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  open(): void {
    this.#change({ opened: true });
  }

  close(): void {
    const ended = this.#state.connection.thread.length > 0 && !ongoingPart(this.#state.connection.thread);
    this.#change({ opened: false });
    if (ended) this.#callback("onChatHidden", {});
  }

  setDraft(draft: string): void {
    this.#change({ draft });
    this.#shareDraft();
    if (draft !== "") this.#connection.typing();
  }

  /** Sends the draft, if it says anything. */
  send(): void {
    const text = this.#own.draft.trim();
    if (text === "" || this.#state.session.locked) return;
    this.#change({ draft: "" });
    this.#shareDraft();
    this.#connection.send(text);
  }

  retryMessage(clientMessageId: string): void {
    this.#connection.retry(clientMessageId);
  }

  discardMessage(clientMessageId: string): void {
    this.#connection.discard(clientMessageId);
  }

  markRead(): void {
    this.#connection.markRead();
  }

  /** Asks the brand's page to prove identity again. */
  unlock(): void {
    if (!this.#state.session.verifying) void this.#session.prove();
  }

  /** Room the launcher takes, in CSS pixels. */
  reportSize(width: number, height: number): void {
    this.#post({ type: "size", width: Math.ceil(width), height: Math.ceil(height) });
  }

  /** The browser says the network came or went. */
  networkChanged(up: boolean): void {
    this.#change({ networkUp: up });
    if (up) this.#connection.wake();
  }

  /** Whether there may be older entries worth asking for without being told to. */
  get hasPast(): boolean {
    return this.#state.session.returning;
  }

  /** Loads the next older page. */
  async loadEarlier(): Promise<void> {
    const token = this.#session.token;
    const owner = this.#historyOf;
    if (token === null || this.#own.history === "loading" || this.#own.history === "complete") return;
    this.#change({ history: "loading" });
    try {
      // The first page overlaps what the socket brought; go on until something new appears.
      for (let found = false; !found; ) {
        const page = await this.#api.history(token, this.#historyCursor);
        if (owner !== this.#historyOf) return;
        const before = this.#connection.state.thread;
        let thread = withEntries(before, page.entries);
        for (const conversation of page.conversations) thread = withConversation(thread, conversation);
        found = countEntries(thread) > countEntries(before) || page.before === null;
        this.#connection.addHistory(() => thread);
        this.#historyCursor = page.before;
      }
      this.#change({ history: this.#historyCursor === null ? "complete" : "more" });
    } catch {
      if (owner === this.#historyOf) this.#change({ history: "failed" });
    }
  }

  #obey(message: ToWidget): void {
    switch (message.type) {
      case "activate":
        void this.#activate(message.id, message.option);
        break;
      case "answer":
        this.#questions.get(message.id)?.(message.option);
        this.#questions.delete(message.id);
        break;
      case "logout":
        this.#parts.tabs.tell("logout");
        void this.#logout(message.id);
        break;
      case "open":
        this.open();
        break;
      case "close":
        this.close();
        break;
      case "layout":
        this.#change({ sheet: message.sheet });
        break;
      case "persist":
        this.#parts.device.permit(message.allowed);
        break;
    }
  }

  async #activate(id: number, option: AuthenticationOption): Promise<void> {
    const answer = await this.#session.activate(option);
    if (answer.status === "authentication-success") {
      this.#post({ type: "activated", id, assurance: answer.session.assurance });
    } else {
      const { reason, code, correlationId } = answer;
      this.#post({ type: "refused", id, reason, code, correlationId: correlationId || null });
    }
  }

  async #logout(id: number): Promise<void> {
    const { revoked, revokeLater } = await this.#session.logout();
    this.#post({ type: "loggedOut", id, revoked });
    if (revoked) return;
    await revokeLater();
    this.#post({ type: "revoked" });
  }

  #hearTab(word: Word): void {
    if (word === "logout") {
      void this.#leave();
      return;
    }
    const { session, locked } = this.#session.state;
    if (locked || word.visitorId !== session?.visitorId) return;
    if (word.type === "draft") this.#change({ draft: word.text });
    else if (this.#own.draft !== "") this.#shareDraft();
  }

  /** What is being written is the visitor's, in whichever tab. */
  #shareDraft(): void {
    const visitorId = this.#session.state.session?.visitorId;
    if (visitorId) this.#parts.tabs.tell({ type: "draft", visitorId, text: this.#own.draft });
  }

  /** Another tab signed out. */
  async #leave(): Promise<void> {
    await this.#session.logout();
    this.#post({ type: "ended" });
  }

  #askProvider(): Promise<AuthenticationOption | null> {
    const id = (this.#asked += 1);
    return new Promise((resolve) => {
      this.#questions.set(id, resolve);
      this.#post({ type: "ask", id });
    });
  }

  #sessionHeard(event: SessionEvent): void {
    if (event.type === "wiped") {
      this.#questions.clear();
      this.#own = { ...this.#own, draft: "", opened: false };
    }
    this.#refresh();
    if (event.type === "expired" || event.type === "ended") this.#post(event);
    if (event.type === "restored") {
      this.#post({ type: "restored", assurance: this.#session.state.session?.assurance ?? "VERIFIED" });
    }
  }

  #heard(event: ConnectionEvent): void {
    this.#refresh();
    const vuid = this.#session.state.session?.visitorId ?? null;
    switch (event.type) {
      case "changed":
        break;
      case "expired":
        this.#session.expired();
        break;
      case "ended":
        this.#session.ended();
        break;
      case "started":
        this.#callback("onChatStarted", { id: event.conversationId, conversationId: event.conversationId, vuid });
        break;
      case "closed":
        this.#callback("onChatEnded", { id: event.conversationId, conversationId: event.conversationId, vuid });
        break;
      case "received":
        this.#callback("onMessageReceived", {
          time: Date.parse(event.entry.createdAt),
          date: event.entry.createdAt,
          msg: event.entry.text,
          operator: { id: null, externalId: null, name: event.entry.author.name },
        });
        break;
      case "sent":
        this.#callback("onMessageSent", { time: event.message.writtenAt, msg: event.message.text });
        break;
    }
  }

  #compose(): ChatState {
    return { ...this.#own, session: this.#session.state, connection: this.#connection.state };
  }

  #change(change: Partial<OwnState>): void {
    this.#own = { ...this.#own, ...change };
    this.#refresh();
  }

  /** Draws the screen's state anew and tells the loader what the page may know of it. */
  #refresh(): void {
    const { sessionId = null, visitorId } = this.#session.state.session ?? {};
    if (sessionId !== this.#historyOf) {
      this.#historyOf = sessionId;
      // What was begun here before stays.
      if (visitorId && this.#own.draft === "") this.#parts.tabs.tell({ type: "draftAsked", visitorId });
      this.#historyCursor = null;
      this.#own = { ...this.#own, history: "unknown" };
    }
    this.#state = this.#compose();
    this.#tell();
    for (const listener of this.#listeners) listener();
  }

  #tell(): void {
    const { session, connection, opened } = this.#state;
    const chatbox: ChatboxStatus = session.session === null ? "HIDDEN" : opened ? "OPENED" : "REDUCED";
    const state: PublicState = {
      conversationId: ongoingPart(connection.thread)?.id ?? null,
      assurance: session.locked ? null : (session.session?.assurance ?? null),
      chatbox,
      unread: unreadCount(connection.thread),
    };
    const told = JSON.stringify(state);
    if (told === this.#told) return;
    this.#told = told;
    this.#post({ type: "state", ...state });
    if (chatbox === this.#status) return;
    this.#status = chatbox;
    if (chatbox === "OPENED") this.#callback("onChatDisplayed", {});
    if (chatbox === "REDUCED") this.#callback("onChatButtonDisplayed", {});
  }

  #callback(name: CallbackName, context: Record<string, unknown>): void {
    this.#post({ type: "callback", name, context });
  }

  #post(message: ToLoader): void {
    this.#parts.port.postMessage(message);
  }
}

function countEntries(thread: ConnectionState["thread"]): number {
  return thread.reduce((count, part) => count + part.entries.length, 0);
}
