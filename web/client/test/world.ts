/** A clock that moves only when told, and sockets whose other end is the test. */
import type { ClientFrame, Conversation, Entry, ServerFrame, WelcomeFrame } from "@signet/protocol";
import type { Environment, Socket, Timer } from "../src";

/** One socket as the server sees it. */
export class FakeSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  /** What the client sent. */
  readonly frames: ClientFrame[] = [];
  closed = false;

  send(data: string): void {
    this.frames.push(JSON.parse(data) as ClientFrame);
  }

  close(): void {
    this.closed = true;
  }

  /** The server speaks. */
  say(frame: ServerFrame): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  /** The server closes. */
  end(code: number): void {
    this.onclose?.({ code });
  }

  of<T extends ClientFrame["type"]>(type: T): Extract<ClientFrame, { type: T }>[] {
    return this.frames.filter((frame) => frame.type === type) as Extract<ClientFrame, { type: T }>[];
  }
}

interface Waiting {
  at: number;
  action: () => void;
}

export class World implements Environment {
  readonly sockets: FakeSocket[] = [];
  chance = 0.5;
  #now = Date.parse("2026-11-20T12:00:00.000Z");
  #ids = 0;
  #timers = new Set<Waiting>();

  openSocket = (): Socket => {
    const socket = new FakeSocket();
    this.sockets.push(socket);
    return socket;
  };
  now = (): number => this.#now;
  random = (): number => this.chance;
  newId = (): string => `message-${(this.#ids += 1)}`;
  setTimer = (action: () => void, milliseconds: number): Timer => {
    const timer = { at: this.#now + milliseconds, action };
    this.#timers.add(timer);
    return timer;
  };
  clearTimer = (timer: Timer): void => {
    this.#timers.delete(timer as Waiting);
  };

  /** The newest socket. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error("no socket was opened");
    return socket;
  }

  /** Moves the clock, running what falls due in order and letting promises settle in between. */
  async pass(milliseconds: number): Promise<void> {
    const until = this.#now + milliseconds;
    await settle();
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#timers.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.action();
      await settle();
    }
    this.#now = until;
  }
}

/** Lets everything that waits on settled promises run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

export function conversation(change: Partial<Conversation> = {}): Conversation {
  return {
    id: "c-1",
    state: "ONGOING",
    createdAt: "2026-11-20T11:00:00.000Z",
    closedAt: null,
    lastSequence: 0,
    readByVisitor: 0,
    readByAgent: 0,
    agent: null,
    continuedInId: null,
    identityRequest: null,
    ...change,
  };
}

export function entry(sequence: number, change: Partial<Entry> = {}): Entry {
  return {
    conversationId: "c-1",
    sequence,
    id: `${change.conversationId ?? "c-1"}/${sequence}`,
    kind: "TEXT",
    notice: null,
    text: `entry ${sequence}`,
    author: { type: "AGENT", name: "Camille", self: false },
    assurance: null,
    verifiedAt: null,
    createdAt: "2026-11-20T11:30:00.000Z",
    clientMessageId: null,
    copiedFrom: null,
    ...change,
  };
}

export function own(sequence: number, clientMessageId: string): Entry {
  return entry(sequence, { clientMessageId, author: { type: "VISITOR", name: null, self: true }, assurance: "ANONYMOUS" });
}

export function welcome(change: Partial<WelcomeFrame> = {}): WelcomeFrame {
  return {
    type: "welcome",
    sessionId: "s-1",
    visitorId: "v-1",
    assurance: "ANONYMOUS",
    expiresAt: "2026-11-20T13:00:00.000Z",
    conversation: conversation(),
    entries: [],
    reset: false,
    ...change,
  };
}

export function ack(clientMessageId: string, sequence: number): ServerFrame {
  return { type: "ack", clientMessageId, conversationId: "c-1", sequence, createdAt: "2026-11-20T12:00:00.000Z", duplicate: false };
}
