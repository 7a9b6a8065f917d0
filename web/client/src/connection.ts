/**
 * One visitor's socket: connects, resumes by cursor, keeps messages until they are acknowledged.
 *
 * Invariants:
 * - A message stays in the outbox until its `ack` or its own entry arrives, and is sent again after every reconnect
 *   under the same `clientMessageId`; the server stores it once.
 * - Nothing is sent before `welcome`, and always in the order it was written.
 * - A message names the visitor it was written as. In another visitor's session it is not sent by itself, and the server
 *   would refuse it.
 * - After `expired` or `ended` nothing is sent until {@link VisitorConnection.open} is given a new session token.
 * - A frame of an abandoned socket changes nothing.
 */
import type { ClientFrame, Entry, RefusedCode, ServerFrame, WelcomeFrame } from "@signet/protocol";
import { backOff } from "./environment";
import type { Environment, Socket, Timer } from "./environment";
import { parseServerFrame } from "./frames";
import { cursorOf, ongoingPart, withConversation, withEntries } from "./thread";
import type { Thread } from "./thread";

/** How the socket stands. `waiting` is between two tries; `expired` and `ended` wait for a new session. */
export type ConnectionPhase = "idle" | "connecting" | "online" | "waiting" | "expired" | "ended";

/** Why a message needs the visitor's hand before it is sent again. */
export type FailureReason = RefusedCode;

/** A message on its way. */
export interface OutgoingMessage {
  readonly clientMessageId: string;
  readonly text: string;
  /** In whose session it was written, or sent again. */
  readonly visitorId: string;
  /** Milliseconds since 1970, by this device's clock. */
  readonly writtenAt: number;
  /** `sent`: durable on the server, its entry not here yet. */
  readonly state: "queued" | "sending" | "sent" | "failed";
  readonly failure: FailureReason | null;
}

/** Everything a screen needs to draw. A new object after every change. */
export interface ConnectionState {
  readonly phase: ConnectionPhase;
  readonly thread: Thread;
  readonly outbox: readonly OutgoingMessage[];
  /** Name of the agent who is typing. */
  readonly typing: string | null;
  /** True once a `welcome` has come for this visitor. */
  readonly welcomed: boolean;
}

/** What happened, for those who must act once and not draw. Only live traffic, never a replay. */
export type ConnectionEvent =
  | { type: "changed" }
  | { type: "expired" }
  | { type: "ended" }
  | { type: "received"; entry: Entry }
  | { type: "sent"; message: OutgoingMessage }
  | { type: "started"; conversationId: string }
  | { type: "closed"; conversationId: string };

const PING_EVERY = 25_000;
/** A socket that has said nothing for this long after a ping, or has not welcomed us, is taken for dead. */
const SILENCE = 10_000;
const TYPING_EVERY = 3_000;
const TYPING_FADES = 5_000;

/** Close codes of `docs/visitor-api.md`. */
const CLOSE_PROTOCOL_ERROR = 4400;
const CLOSE_SESSION_ENDED = 4401;
const CLOSE_SESSION_EXPIRED = 4403;
const CLOSE_PROVED_ELSEWHERE = 4405;

const EMPTY: ConnectionState = { phase: "idle", thread: [], outbox: [], typing: null, welcomed: false };

/** See the module's description. */
export class VisitorConnection {
  readonly #environment: Environment;
  readonly #listener: (event: ConnectionEvent) => void;
  readonly #prove: (token: string, forAny: boolean) => Promise<string> | null;
  #state: ConnectionState = EMPTY;
  #token: string | null = null;
  #visitorId = "";
  #socket: Socket | null = null;
  #attempt = 0;
  /** The last socket reached another server than its proof was for. */
  #elsewhere = false;
  #lastTyping = Number.NEGATIVE_INFINITY;
  #retryTimer: Timer = null;
  #aliveTimer: Timer = null;
  #typingTimer: Timer = null;

  /** `prove` makes the proof of the session's key for a socket, for the server that answered last or for any; `null` where there is no key. */
  constructor(
    environment: Environment,
    listener: (event: ConnectionEvent) => void,
    prove: (token: string, forAny: boolean) => Promise<string> | null = () => null,
  ) {
    this.#environment = environment;
    this.#listener = listener;
    this.#prove = prove;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Goes online with a session token. A socket of an earlier session is dropped; thread and outbox stay. */
  open(token: string, visitorId: string): void {
    this.#token = token;
    this.#visitorId = visitorId;
    this.#attempt = 0;
    this.#connect();
  }

  /** Hands over a renewed token of the *same* session: the socket goes on. */
  renew(token: string): void {
    if (this.#state.phase !== "online") {
      this.open(token, this.#visitorId);
      return;
    }
    this.#token = token;
    this.#write({ type: "renew", token });
  }

  /** Tries at once instead of waiting for the next turn, for when the network is known to be back. */
  wake(): void {
    if (this.#state.phase === "waiting") this.#connect();
  }

  /** Stops without forgetting: the session has lapsed and may come back. */
  suspend(): void {
    this.#drop();
    this.#set({ phase: "expired", typing: null });
  }

  /** Forgets everything of this visitor: socket, thread, outbox. */
  wipe(): void {
    this.#drop();
    this.#token = null;
    this.#state = EMPTY;
    this.#listener({ type: "changed" });
  }

  /**
   * The person behind this device has proved who they are. What was written before and is not stored yet must not go
   * out as theirs by itself: it waits for their hand. With `keepThread` false the thread leaves view at once.
   */
  changeIdentity(keepThread: boolean): void {
    this.#drop();
    this.#set({
      phase: "idle",
      thread: keepThread ? this.#state.thread : [],
      welcomed: false,
      typing: null,
      outbox: this.#state.outbox
        .filter((message) => message.state !== "sent")
        .map((message) => ({ ...message, state: "failed", failure: "VISITOR_CHANGED" })),
    });
  }

  /** Queues a message and sends it as soon as the socket allows. Returns its `clientMessageId`. */
  send(text: string): string {
    const message: OutgoingMessage = {
      clientMessageId: this.#environment.newId(),
      text,
      visitorId: this.#visitorId,
      writtenAt: this.#environment.now(),
      state: "queued",
      failure: null,
    };
    this.#set({ outbox: [...this.#state.outbox, message] });
    this.#flush();
    return message.clientMessageId;
  }

  /** Sends a failed message again, under its old id. */
  retry(clientMessageId: string): void {
    this.#patch(clientMessageId, { state: "queued", failure: null, visitorId: this.#visitorId });
    this.#flush();
  }

  /** Gives up a failed message. */
  discard(clientMessageId: string): void {
    this.#set({ outbox: this.#state.outbox.filter((message) => message.clientMessageId !== clientMessageId) });
  }

  /** Everything shown so far of the ongoing conversation was seen. */
  markRead(): void {
    const part = ongoingPart(this.#state.thread);
    const last = part?.entries.at(-1);
    if (this.#state.phase !== "online" || !part?.conversation || !last) return;
    if (last.sequence <= part.conversation.readByVisitor) return;
    this.#write({ type: "read", conversationId: part.id, sequence: last.sequence });
    this.#set({ thread: withConversation(this.#state.thread, { ...part.conversation, readByVisitor: last.sequence }) });
  }

  /** The visitor is writing; says so at most once every 3 s. */
  typing(): void {
    const now = this.#environment.now();
    if (this.#state.phase !== "online" || now - this.#lastTyping < TYPING_EVERY) return;
    this.#lastTyping = now;
    this.#write({ type: "typing" });
  }

  /** Adds a page of history. */
  addHistory(thread: (thread: Thread) => Thread): void {
    this.#set({ thread: thread(this.#state.thread) });
  }

  #set(change: Partial<ConnectionState>): void {
    this.#state = { ...this.#state, ...change };
    this.#listener({ type: "changed" });
  }

  #patch(clientMessageId: string, change: Partial<OutgoingMessage>): void {
    this.#set({
      outbox: this.#state.outbox.map((message) =>
        message.clientMessageId === clientMessageId ? { ...message, ...change } : message,
      ),
    });
  }

  #write(frame: ClientFrame): void {
    this.#socket?.send(JSON.stringify(frame));
  }

  /** Sends what is queued, in order. Does nothing before `welcome`. */
  #flush(): void {
    if (this.#state.phase !== "online") return;
    const queued = this.#state.outbox.filter((message) => message.state === "queued");
    if (queued.length === 0) return;
    this.#set({
      outbox: this.#state.outbox.map((message) =>
        message.state === "queued" ? { ...message, state: "sending" } : message,
      ),
    });
    for (const { clientMessageId, text, visitorId } of queued) {
      this.#write({ type: "send", clientMessageId, text, visitorId });
    }
  }

  #connect(): void {
    this.#drop();
    this.#set({ phase: "connecting" });
    const socket = this.#environment.openSocket();
    this.#socket = socket;
    socket.onopen = () => this.#greet(socket);
    socket.onmessage = ({ data }) => {
      const frame = parseServerFrame(data);
      if (!frame) return;
      this.#keepAlive(PING_EVERY);
      this.#receive(frame);
    };
    socket.onclose = ({ code }) => {
      this.#drop();
      this.#closed(code);
    };
    this.#keepAlive(SILENCE);
  }

  #greet(socket: Socket): void {
    const token = this.#token;
    if (token === null) return;
    const greeting = this.#prove(token, this.#elsewhere);
    this.#elsewhere = false;
    const hello = (proof?: string): void => {
      if (socket !== this.#socket) return;
      this.#write({ type: "hello", token, ...cursorOf(this.#state.thread), ...(proof === undefined ? {} : { proof }) });
    };
    if (greeting) greeting.then(hello, () => hello());
    else hello();
  }

  /** Pings after `quiet` ms without a frame; before `welcome`, and after a ping, silence means a dead socket. */
  #keepAlive(quiet: number): void {
    this.#environment.clearTimer(this.#aliveTimer);
    this.#aliveTimer = this.#environment.setTimer(() => {
      if (quiet === SILENCE) {
        this.#drop();
        this.#closed(1006);
      } else {
        this.#write({ type: "ping" });
        this.#keepAlive(SILENCE);
      }
    }, quiet);
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#environment.clearTimer(this.#aliveTimer);
    this.#environment.clearTimer(this.#retryTimer);
    this.#environment.clearTimer(this.#typingTimer);
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(1000);
  }

  #closed(code: number): void {
    const outbox = this.#state.outbox.map(
      (message): OutgoingMessage => (message.state === "sending" ? { ...message, state: "queued" } : message),
    );
    if (code === CLOSE_SESSION_EXPIRED || code === CLOSE_SESSION_ENDED) {
      const phase = code === CLOSE_SESSION_EXPIRED ? "expired" : "ended";
      this.#set({ phase, outbox, typing: null });
      this.#listener({ type: phase });
      return;
    }
    this.#set({ phase: "waiting", outbox, typing: null });
    this.#elsewhere = code === CLOSE_PROVED_ELSEWHERE;
    // A protocol error will most likely come again: do not hurry back.
    if (code === CLOSE_PROTOCOL_ERROR) this.#attempt = Math.max(this.#attempt, 5);
    const delay = backOff(this.#attempt, this.#environment.random);
    this.#attempt += 1;
    this.#retryTimer = this.#environment.setTimer(() => this.#connect(), delay);
  }

  #receive(frame: ServerFrame): void {
    switch (frame.type) {
      case "welcome":
        this.#welcome(frame);
        break;
      case "entry":
        this.#entry(frame.entry);
        break;
      case "conversation": {
        const before = this.#state.thread.find((part) => part.id === frame.conversation.id)?.conversation;
        this.#set({ thread: withConversation(this.#state.thread, frame.conversation) });
        const { id, state } = frame.conversation;
        if (!before && state === "ONGOING") this.#listener({ type: "started", conversationId: id });
        if (before?.state === "ONGOING" && state === "CLOSED") this.#listener({ type: "closed", conversationId: id });
        break;
      }
      case "ack":
        this.#acknowledged(frame.clientMessageId);
        break;
      case "refused":
        if (frame.clientMessageId) this.#patch(frame.clientMessageId, { state: "failed", failure: frame.code });
        break;
      case "typing":
        this.#showTyping(frame.name);
        break;
      case "expired":
        // The close that follows says the same; acting now covers the screen without waiting for it.
        this.#drop();
        this.#closed(CLOSE_SESSION_EXPIRED);
        break;
      case "renewed":
      case "pong":
        break;
    }
  }

  #welcome(frame: WelcomeFrame): void {
    this.#attempt = 0;
    let thread = frame.reset ? [] : this.#state.thread;
    const known = ongoingPart(thread);
    if (known?.conversation && frame.conversation?.id !== known.id) {
      // It was closed while we were away.
      thread = withConversation(thread, { ...known.conversation, state: "CLOSED" });
    }
    if (frame.conversation) thread = withConversation(thread, frame.conversation);
    thread = withEntries(thread, frame.entries);
    this.#set({
      phase: "online",
      welcomed: true,
      thread,
      outbox: this.#state.outbox
        .filter((message) => !frame.entries.some((entry) => entry.clientMessageId === message.clientMessageId))
        .map((message): OutgoingMessage => {
          if (message.state !== "sending" && message.state !== "queued") return message;
          return message.visitorId === frame.visitorId
            ? { ...message, state: "queued" }
            : { ...message, state: "failed", failure: "VISITOR_CHANGED" };
        }),
    });
    this.#flush();
  }

  #entry(entry: Entry): void {
    const held = this.#state.thread.some(
      (part) => part.id === entry.conversationId && part.entries.some((known) => known.sequence === entry.sequence),
    );
    const own = this.#state.outbox.find((message) => message.clientMessageId === entry.clientMessageId);
    this.#set({
      thread: withEntries(this.#state.thread, [entry]),
      outbox: this.#state.outbox.filter((message) => message !== own),
      ...(entry.author.type === "AGENT" ? { typing: null } : {}),
    });
    if (own && own.state !== "sent") this.#listener({ type: "sent", message: own });
    if (!held && entry.kind === "TEXT" && entry.author.type === "AGENT") this.#listener({ type: "received", entry });
  }

  /** The message is durable. Its entry takes its place in the thread when it comes, before or after. */
  #acknowledged(clientMessageId: string): void {
    const message = this.#state.outbox.find((candidate) => candidate.clientMessageId === clientMessageId);
    if (!message || message.state === "sent") return;
    this.#patch(clientMessageId, { state: "sent", failure: null });
    this.#listener({ type: "sent", message });
  }

  #showTyping(name: string): void {
    this.#set({ typing: name });
    this.#environment.clearTimer(this.#typingTimer);
    this.#typingTimer = this.#environment.setTimer(() => this.#set({ typing: null }), TYPING_FADES);
  }
}
