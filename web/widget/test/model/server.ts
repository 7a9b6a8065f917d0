/**
 * Signet's server in small, after `docs/visitor-api.md`: sessions, devices, one ongoing conversation per visitor. It keeps what it is
 * told and who wrote it, so that a test can say what may be seen where.
 */
import type { ActivateRequest, ActivateResponse, ClientFrame, Conversation, Entry, ServerFrame, Session } from "@signet/protocol";
import type { Socket } from "@signet/client";

const LIFE = 60 * 60_000;

interface Visitor {
  id: string;
  userId: string | null;
  entries: Entry[];
  conversationId: string;
}

interface ServerSession {
  id: string;
  visitor: Visitor;
  browserId: string;
  token: string;
  expiresAt: number;
  live: boolean;
  /** Some client has its token. */
  delivered: boolean;
  sockets: Set<ServerSocket>;
}

/** The server's end of a socket. */
export class ServerSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  session: ServerSession | null = null;
  closed = false;
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  send(data: string): void {
    if (!this.closed) setTimeout(() => this.#server.hear(this, JSON.parse(data) as ClientFrame), 1);
  }

  /** The client closes. */
  close(): void {
    this.closed = true;
    this.session?.sockets.delete(this);
  }

  say(frame: ServerFrame): void {
    if (!this.closed) setTimeout(() => this.closed || this.onmessage?.({ data: JSON.stringify(frame) }), 1);
  }

  /** The server, or the network, closes. */
  end(code: number): void {
    if (this.closed) return;
    const heard = this.onclose;
    this.close();
    setTimeout(() => heard === this.onclose && heard?.({ code }), 1);
  }
}

/** See the module's description. */
export class Server {
  /** How far clients' clocks are ahead of the server's, milliseconds. */
  skew = 0;
  readonly #people = new Map<string, Visitor>();
  readonly #visitors = new Map<string, Visitor>();
  readonly #devices = new Map<string, Visitor>();
  readonly #sessions = new Map<string, ServerSession>();
  readonly #tokens = new Map<string, ServerSession>();
  readonly #used = new Set<string>();
  /** Guests and the person they turned out to be, by visitor id. */
  readonly became = new Map<string, string>();
  readonly sockets = new Set<ServerSocket>();
  #ids = 0;

  now = (): number => Date.now() - this.skew;

  /** Whether what `writer` wrote may be seen by, and stored for, `reader`. */
  belongs(writer: string, reader: string): boolean {
    return writer === reader || this.became.get(writer) === reader;
  }

  /** The answer has reached the client. */
  deliver(answer: unknown): void {
    const session = this.#tokens.get((answer as { session?: Session }).session?.accessToken ?? "");
    if (session) session.delivered = true;
  }

  /** Sessions that are open and that somebody can use. */
  liveSessions(browserId: string): string[] {
    return [...this.#sessions.values()].filter((one) => one.browserId === browserId && one.visitor.userId !== null && one.delivered && this.#open(one)).map(({ id }) => id);
  }

  openSocket(): ServerSocket {
    const socket = new ServerSocket(this);
    this.sockets.add(socket);
    setTimeout(() => socket.closed || socket.onopen?.(), 2);
    return socket;
  }

  /** An agent writes to everybody. */
  agentWrites(): void {
    for (const visitor of this.#visitors.values()) this.#append(visitor, `to ${visitor.id}`, null);
  }

  logout(handle: string): void {
    const session = this.#sessions.get(handle.replace("handle of ", ""));
    if (session) for (const one of this.#sharing(session)) this.#end(one);
  }

  activate(request: ActivateRequest): ActivateResponse {
    const { authenticationOption: option, browserId } = request;
    const held = request.session === null ? undefined : this.#tokens.get(request.session);
    const device = request.device === null ? undefined : this.#devices.get(request.device);
    if (option.type === "ANONYMOUS") return this.#guest(device, browserId ?? "");
    const [, userId = "", nonce = ""] = option.token.split(":");
    if (this.#used.has(nonce)) return refused("TOKEN_REPLAYED");
    this.#used.add(nonce);
    const person = this.#person(userId);
    // A guest who turned out to be somebody is nobody else's to become.
    const guest = device ?? (held?.live && held.visitor.userId === null ? held.visitor : undefined);
    const switched = held !== undefined && held.visitor.userId !== null && held.visitor !== person;
    if (switched) this.#end(held);
    if (guest) this.#upgrade(guest, person);
    for (const other of this.#sessions.values()) {
      if (other.browserId === browserId && other.visitor !== person) this.#end(other);
    }
    const shared = [...this.#sessions.values()].find(
      (one) => one.browserId === browserId && one.visitor === person && one.live,
    );
    const renewed = shared !== undefined && held === shared;
    const outcome = switched ? "SWITCHED" : renewed ? "RENEWED" : guest ? "ADOPTED" : "RESUMED";
    return this.#grant(person, browserId ?? "", shared, outcome, null);
  }

  hear(socket: ServerSocket, frame: ClientFrame): void {
    if (socket.closed) return;
    if (frame.type === "hello") {
      const session = this.#tokens.get(frame.token);
      if (!session?.live) return socket.end(4401);
      if (!this.#open(session)) return socket.end(4403);
      socket.session = session;
      session.sockets.add(socket);
      const { visitor } = session;
      socket.say({
        type: "welcome",
        sessionId: session.id,
        visitorId: visitor.id,
        assurance: visitor.userId === null ? "ANONYMOUS" : "VERIFIED",
        expiresAt: new Date(session.expiresAt).toISOString(),
        conversation: visitor.entries.length > 0 ? conversationOf(visitor) : null,
        entries: [...visitor.entries],
        reset: true,
      });
      return;
    }
    const { session } = socket;
    if (!session || !this.#open(session)) return socket.end(4403);
    if (frame.type === "ping") socket.say({ type: "pong" });
    if (frame.type === "renew") socket.say({ type: "renewed", expiresAt: new Date(session.expiresAt).toISOString() });
    if (frame.type !== "send") return;
    const { clientMessageId, text, visitorId } = frame;
    if (visitorId !== session.visitor.id) {
      return socket.say({ type: "refused", clientMessageId, code: "VISITOR_CHANGED", message: "" });
    }
    const known = session.visitor.entries.find((entry) => entry.clientMessageId === clientMessageId);
    const { conversationId, sequence, createdAt } = known ?? this.#append(session.visitor, text, clientMessageId);
    socket.say({ type: "ack", clientMessageId, conversationId, sequence, createdAt, duplicate: known !== undefined });
  }

  /** What is stored, with whose it is. */
  get stored(): { visitorId: string; text: string }[] {
    return [...this.#visitors.values()].flatMap(({ id, entries }) =>
      entries.filter(({ author }) => author.self).map(({ text }) => ({ visitorId: id, text: text ?? "" })),
    );
  }

  #open(session: ServerSession): boolean {
    return session.live && session.expiresAt > this.now();
  }

  #sharing(session: ServerSession): ServerSession[] {
    return [...this.#sessions.values()].filter((one) => one === session || (one.browserId === session.browserId && one.visitor === session.visitor));
  }

  #end(session: ServerSession): void {
    session.live = false;
    for (const [credential, visitor] of this.#devices) if (visitor === session.visitor) this.#devices.delete(credential);
    for (const socket of [...session.sockets]) socket.end(4401);
  }

  #visitor(userId: string | null): Visitor {
    const id = `${userId ?? "guest"}-${(this.#ids += 1)}`;
    const visitor: Visitor = { id, userId, entries: [], conversationId: `conversation of ${id}` };
    this.#visitors.set(id, visitor);
    return visitor;
  }

  #person(userId: string): Visitor {
    const known = this.#people.get(userId) ?? this.#visitor(userId);
    this.#people.set(userId, known);
    return known;
  }

  #guest(device: Visitor | undefined, browserId: string): ActivateResponse {
    const visitor = device ?? this.#visitor(null);
    const credential = `device-${(this.#ids += 1)}`;
    this.#devices.set(credential, visitor);
    return this.#grant(visitor, browserId, undefined, "NONE", credential);
  }

  /** The guest's conversation goes on as the person's; every session of the guest's ends. */
  #upgrade(guest: Visitor, person: Visitor): void {
    this.became.set(guest.id, person.id);
    for (const entry of guest.entries.splice(0)) this.#append(person, entry.text ?? "", entry.clientMessageId);
    for (const session of this.#sessions.values()) if (session.visitor === guest) this.#end(session);
  }

  #grant(
    visitor: Visitor,
    browserId: string,
    shared: ServerSession | undefined,
    outcome: "NONE" | "RENEWED" | "SWITCHED" | "ADOPTED" | "RESUMED",
    device: string | null,
  ): ActivateResponse {
    const id = shared?.id ?? `session-${(this.#ids += 1)}`;
    const session: ServerSession = shared ?? { id, visitor, browserId, token: "", expiresAt: 0, live: true, delivered: false, sockets: new Set() };
    session.token = `token-${(this.#ids += 1)}`;
    session.expiresAt = this.now() + LIFE;
    this.#sessions.set(id, session);
    this.#tokens.set(session.token, session);
    const expiry = (): void => {
      if (!session.live) return;
      if (session.expiresAt > this.now()) return void setTimeout(expiry, session.expiresAt - this.now());
      for (const socket of [...session.sockets]) {
        socket.say({ type: "expired" });
        setTimeout(() => socket.end(4403), 2);
      }
    };
    setTimeout(expiry, LIFE);
    const at = (share: number): string => new Date(this.now() + LIFE * share).toISOString();
    const granted: Session = {
      accessToken: session.token,
      sessionId: id,
      visitorId: visitor.id,
      assurance: visitor.userId === null ? "ANONYMOUS" : "VERIFIED",
      expiresAt: at(1),
      renewFrom: at(0.8),
      renewUntil: at(0.95),
      displayName: visitor.userId,
      signOutHandle: `handle of ${id}`,
      proofNonce: null,
    };
    return {
      status: "authentication-success",
      correlationId: "c",
      session: granted,
      device,
      project: { id: "demo", name: "Lumen" },
      continuity: { outcome, earlierConversationId: null, earlierClosedAt: null },
      observed: null,
    };
  }

  #append(visitor: Visitor, text: string, clientMessageId: string | null): Entry {
    const self = clientMessageId !== null;
    const entry: Entry = {
      conversationId: visitor.conversationId,
      sequence: visitor.entries.length + 1,
      id: `entry-${(this.#ids += 1)}`,
      kind: "TEXT",
      notice: null,
      text,
      author: { type: self ? "VISITOR" : "AGENT", name: self ? null : "Camille", self },
      assurance: self ? "ANONYMOUS" : null,
      verifiedAt: null,
      createdAt: new Date(this.now()).toISOString(),
      clientMessageId,
      copiedFrom: null,
    };
    visitor.entries.push(entry);
    for (const session of this.#sessions.values()) {
      if (session.visitor === visitor) for (const socket of session.sockets) socket.say({ type: "entry", entry });
    }
    return entry;
  }
}

function conversationOf({ conversationId, entries }: Visitor): Conversation {
  return {
    id: conversationId,
    state: "ONGOING",
    createdAt: entries[0]?.createdAt ?? "2026-11-20T12:00:00.000Z",
    closedAt: null,
    lastSequence: entries.length,
    readByVisitor: 0,
    readByAgent: 0,
    agent: null,
    continuedInId: null,
    identityRequest: null,
  };
}

function refused(code: "TOKEN_REPLAYED"): ActivateResponse {
  return { status: "authentication-failure", reason: "", code, correlationId: "c" };
}
