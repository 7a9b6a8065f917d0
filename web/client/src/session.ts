/**
 * The visitor's session: who this client may speak as, and for how long.
 *
 * Invariants:
 * - The session token lives in a private field of this object and, for the moment of a {@link Siblings.share}, on its way
 *   to the same visitor's other tabs. Never in storage.
 * - A verified session never turns into an anonymous one. When its time passes without a new proof it is *locked*
 *   (`phase.ts`): nothing is sent, nothing should be shown, and what was written waits for the same person.
 * - What belonged to one person is wiped before another person's session is used.
 * - Activations, renewals and the logout run one after another; an answer that a logout has overtaken changes nothing.
 * - The provider is asked by one client of this browser at a time; the others take over what it got.
 */
import type {
  ActivateFailure,
  ActivateRequest,
  ActivateSuccess,
  AuthenticationOption,
  Continuity,
  FailureCode,
  Project,
  Session,
} from "@signet/protocol";
import type { VisitorApi } from "./api";
import { TRANSPORT_RETRIES, unreachable } from "./api";
import type { VisitorConnection } from "./connection";
import { backOff, pause } from "./environment";
import type { Environment, Timer } from "./environment";
import type { HeldKey } from "./proof";
import { isLocked, nextPhase } from "./phase";
import type { SessionPhase, SessionTrigger } from "./phase";
import type { SignOuts } from "./sign-outs";

/**
 * What persists on this device: an anonymous visitor's device credential, and ids that prove nothing. Implementations must
 * not throw.
 */
export interface DeviceStore {
  load(): string | null;
  save(credential: string): void;
  forget(): void;
  /** This browser's id, made at first use, that lets its pages share one session; `null` where none can be kept. */
  browserId(): string | null;
  /** The next use makes another one. */
  forgetBrowser(): void;
}

/** The same visitor's clients in this browser's other tabs. */
export interface Siblings {
  /** Runs `work` when no sibling runs theirs; at once where the browser has no locks. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** Hands a proved session and its key to the siblings, which have them before the next of them is `alone`. */
  share(proved: Session, key: HeldKey | null): void;
}

/** The session without what opens or ends it. */
export type PublicSession = Omit<Session, "accessToken" | "signOutHandle">;

/** What a screen may know about the session. */
export interface SessionState {
  readonly phase: SessionPhase;
  readonly session: PublicSession | null;
  readonly project: Project | null;
  /** This visitor was here before: there may be earlier conversations. */
  readonly returning: boolean;
  /** Somebody else has taken the place of the person who was here, without a sign-out, and has not said yet that it is them. */
  readonly newcomer: boolean;
  /** An anonymous conversation closed because the person had one going already, and not spoken for yet, and when (by the server's clock). */
  readonly setAside: { readonly conversationId: string; readonly at: number } | null;
}

/** What happened. */
export type SessionEvent =
  | { type: "changed" }
  /** Everything of the previous person must leave screen and memory now. */
  | { type: "wiped" }
  | { type: "expired" }
  /** Identity was proved without an activation of the page's. */
  | { type: "restored" }
  | { type: "ended" };

/** What the session works with. */
export interface SessionParts {
  projectId: string;
  /** The embedding page's origin. */
  origin: string | null;
  api: VisitorApi;
  environment: Environment;
  connection: VisitorConnection;
  device: DeviceStore;
  siblings: Siblings;
  signOuts: SignOuts;
  /** The code that brought this visitor from another domain of the project, good for one activation. */
  handOver?: string | null;
  /** Asks the brand's provider for a fresh option; `null` when it has none. Must not reject. */
  askProvider(): Promise<AuthenticationOption | null>;
  listener(event: SessionEvent): void;
}

const NOBODY: SessionState = {
  phase: "nobody",
  session: null,
  project: null,
  returning: false,
  newcomer: false,
  setAside: null,
};

/** An activation that failed, by the platform's word or by this client's. */
export type Refused = Omit<ActivateFailure, "code"> & { code: FailureCode | "ALREADY_ACTIVATED" };

const ALREADY_VERIFIED: Refused = {
  status: "authentication-failure",
  reason: "Can't activate twice, please logout first",
  code: "ALREADY_ACTIVATED",
  correlationId: "",
};

const NOT_SET_UP: Refused = {
  status: "authentication-failure",
  reason: "Failed to authenticate visitor from credentials : the website is not correctly setup (null)",
  code: "PROJECT_NOT_SET_UP",
  correlationId: "",
};

/** The longest delay a timer can hold. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** See the module's description. */
export class VisitorSession {
  readonly #parts: SessionParts;
  #state: SessionState = NOBODY;
  #token: string | null = null;
  #signOutHandle: string | null = null;
  #handOver: string | null;
  #extId: string | null = null;
  #generation = 0;
  #activating = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #renewTimer: Timer = null;
  #expiryTimer: Timer = null;
  #clockAhead = 0;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#handOver = parts.handOver ?? null;
  }

  get state(): SessionState {
    return this.#state;
  }

  /** The session token, for requests of this client. `null` while there is no session or it is locked. */
  get token(): string | null {
    return isLocked(this.#state) ? null : this.#token;
  }

  /** Opens, upgrades or renews a session. Resolves with the platform's answer; never rejects. */
  activate(option: AuthenticationOption, extId: string | null = null): Promise<ActivateSuccess | Refused> {
    this.#activating += 1;
    const generation = this.#generation;
    const turn = this.#turn.then(() => {
      this.#extId = extId ?? this.#extId;
      return this.#activate(option, generation);
    });
    this.#turn = turn.catch(() => undefined);
    return turn.finally(() => {
      this.#activating -= 1;
      // The server closes the old socket at an upgrade; that mattered only if the upgrade failed.
      if (this.#activating === 0 && this.#parts.connection.state.phase === "ended") this.ended();
    });
  }

  /** Asks the provider and activates with its answer, to unlock. */
  async prove(): Promise<void> {
    if (!isLocked(this.#state) || this.#state.phase === "proving") return;
    const generation = this.#generation;
    this.#move("proving");
    await this.#ask(() => generation === this.#generation && isLocked(this.#state));
    if (generation === this.#generation) this.#move("refused");
  }

  /** Proves identity anew although nothing has lapsed, because an agent asks. True on success. */
  confirm(): Promise<boolean> {
    const generation = this.#generation;
    return this.#ask(() => generation === this.#generation);
  }

  /** The person who is new here says that it is them. */
  welcome(): void {
    this.#set({ newcomer: false });
  }

  /** Wipes everything, then ends the session on the server. False when the server could not be told yet. */
  logout(): Promise<boolean> {
    const { device, signOuts } = this.#parts;
    const handle = this.#signOutHandle;
    this.#wipe();
    this.#parts.api.prover?.forget();
    device.forget();
    device.forgetBrowser();
    signOuts.owe(handle);
    return signOuts.pay();
  }

  /** The server has ended the session (close code 4401). */
  ended(): void {
    if (this.#activating > 0 || this.#state.session === null) return;
    const guest = this.#state.session.assurance !== "VERIFIED";
    this.#wipe();
    if (guest) void this.#follow();
    else this.#parts.listener({ type: "ended" });
  }

  /** The session's time has passed, by the server's word or by the clock. */
  expired(): void {
    if (this.#state.phase !== "open" || this.#state.session === null) return;
    this.#stopTimers();
    this.#parts.connection.suspend();
    if (this.#state.session.assurance !== "VERIFIED") {
      this.#move("reviving");
      void this.#revive();
      return;
    }
    this.#move("lapsed");
    this.#parts.listener({ type: "expired" });
    // The machine may have slept through the renewal window: the provider deserves one try without the visitor's hand.
    void this.prove();
  }

  /** A sibling has renewed. Taken over only if it is this very session of this very visitor, and longer than what is held. */
  takeOver({ accessToken, signOutHandle: _, ...renewed }: Session, key: HeldKey | null = null): void {
    const { session } = this.#state;
    if (session === null || session.sessionId !== renewed.sessionId || session.visitorId !== renewed.visitorId) return;
    if (session.assurance !== renewed.assurance || Date.parse(renewed.expiresAt) <= Date.parse(session.expiresAt)) return;
    const locked = isLocked(this.#state);
    if (key) this.#parts.api.prover?.adopt(key, renewed.proofNonce);
    this.#token = accessToken;
    this.#move("opened", { session: renewed });
    this.#parts.connection.renew(accessToken);
    this.#schedule(renewed);
    if (locked) this.#parts.listener({ type: "restored" });
  }

  async #activate(option: AuthenticationOption, generation: number): Promise<ActivateSuccess | Refused> {
    const { api, projectId, origin, device, signOuts } = this.#parts;
    // What a sign-out left behind must be gone before anybody comes.
    if (!(await this.#settleSignOuts())) return unreachable("the service cannot be reached");
    if (generation !== this.#generation) return unreachable("signed out meanwhile");
    if (option.type === "ANONYMOUS" && this.#state.session?.assurance === "VERIFIED") return ALREADY_VERIFIED;
    const request: ActivateRequest = {
      projectId,
      origin,
      authenticationOption: option,
      session: this.#token,
      device: device.load(),
      browserId: device.browserId(),
      ...(this.#handOver === null ? {} : { handOver: this.#handOver }),
      ...(this.#extId === null ? {} : { extId: this.#extId }),
    };
    const { response, clockAhead } = await api.activate(request, () => this.#another(option, generation));
    if (response.status === "authentication-failure") return response;
    this.#handOver = null;
    if (generation !== this.#generation) {
      // Logged out meanwhile: this session must not outlive the wish to leave.
      signOuts.owe(response.session.signOutHandle);
      void signOuts.drain();
      return unreachable("signed out meanwhile");
    }
    // Another tab of a browser that was new was faster: one guest is here, and it is theirs.
    const alsoNew = option.type === "ANONYMOUS" && request.device === null && request.session === null;
    if (alsoNew && response.continuity.outcome !== "HANDED_OVER" && device.load() !== null) return this.#activate(option, generation);
    // The mode was changed meanwhile: nobody who has proved who they are becomes a guest by that.
    if (response.observed && this.#state.session?.assurance === "VERIFIED") return NOT_SET_UP;
    this.#clockAhead = clockAhead;
    this.#adopt(response);
    return response;
  }

  /** Pays what is owed, with the retries of an activation. */
  async #settleSignOuts(): Promise<boolean> {
    const { environment, signOuts } = this.#parts;
    for (let attempt = 0; !(await signOuts.pay()); attempt += 1) {
      if (attempt === TRANSPORT_RETRIES) return false;
      await pause(environment, backOff(attempt, environment.random));
    }
    return true;
  }

  /** The option for a second try: a guest's is as good as the first, a token must be a new one. */
  async #another(option: AuthenticationOption, generation: number): Promise<AuthenticationOption | null> {
    if (option.type === "ANONYMOUS") return option;
    const fresh = await this.#parts.askProvider();
    return fresh?.type === option.type && generation === this.#generation ? fresh : null;
  }

  #adopt(response: ActivateSuccess): void {
    const { connection, device, siblings, signOuts } = this.#parts;
    const before = this.#state;
    const { accessToken, signOutHandle, ...session } = response.session;
    const returning = before.returning || device.load() !== null || session.assurance === "VERIFIED";
    const samePerson = before.session?.visitorId === session.visitorId;
    const sameSession = before.session?.sessionId === session.sessionId;
    const { outcome } = response.continuity;
    const upgrade = before.session !== null && isUpgrade(before.session, session);

    if (response.device === null) device.forget();
    else device.save(response.device);

    if (before.session && (outcome === "SWITCHED" || !(samePerson || sameSession || upgrade))) this.#wipe();
    else if (upgrade) connection.changeIdentity(outcome === "ADOPTED");

    this.#token = accessToken;
    if (signOutHandle !== null) {
      this.#signOutHandle = signOutHandle;
      signOuts.keep(signOutHandle);
    }
    this.#move("opened", {
      session,
      project: response.project,
      returning,
      newcomer: samePerson ? before.newcomer : before.session?.assurance === "VERIFIED",
      setAside: setAsideOf(response.continuity, before.setAside),
    });
    if (sameSession) connection.renew(accessToken);
    else connection.open(accessToken, session.visitorId);
    this.#schedule(session);
    if (session.assurance === "VERIFIED") siblings.share(response.session, this.#parts.api.prover?.held ?? null);
  }

  #schedule(session: PublicSession): void {
    this.#stopTimers();
    const { environment } = this.#parts;
    const serverNow = environment.now() + this.#clockAhead;
    const from = Date.parse(session.renewFrom);
    const until = Date.parse(session.renewUntil);
    const renewAt = from + environment.random() * (until - from);
    this.#renewTimer = this.#after(renewAt - serverNow, () => void this.#renew(session));
    this.#expiryTimer = this.#after(Date.parse(session.expiresAt) - serverNow, () => this.expired());
  }

  #after(milliseconds: number, action: () => void): Timer {
    return this.#parts.environment.setTimer(action, Math.min(Math.max(milliseconds, 0), LONGEST_TIMER));
  }

  /** Renews without the visitor noticing. A failure is tried again in the time that is left, a third of it at a time. */
  async #renew(session: PublicSession): Promise<void> {
    const generation = this.#generation;
    const due = (): boolean =>
      generation === this.#generation && this.#state.session === session && this.#state.phase === "open";
    if (session.assurance === "VERIFIED") await this.#ask(due);
    else await this.activate({ type: "ANONYMOUS" });
    if (!due()) return;
    const left = Date.parse(session.expiresAt) - this.#parts.environment.now() - this.#clockAhead;
    if (left > 3_000) this.#renewTimer = this.#after(left / 3, () => void this.#renew(session));
  }

  /**
   * Asks the provider, when no sibling does, and activates with its answer if it is still `wanted` by then: a sibling may have
   * renewed for all meanwhile. True on success.
   */
  #ask(wanted: () => boolean): Promise<boolean> {
    const { askProvider, siblings, listener } = this.#parts;
    return siblings.alone(async () => {
      if (!wanted()) return false;
      const option = await askProvider();
      if (option?.type !== "SECURED_AUTHENTICATION" || !wanted()) return false;
      const before = this.#state;
      const answer = await this.activate(option);
      // A token that was only observed has proved nothing to anybody.
      if (answer.status !== "authentication-success" || answer.observed) return false;
      if (before.phase !== "open" || before.session?.assurance !== "VERIFIED") listener({ type: "restored" });
      return true;
    });
  }

  /**
   * A guest's session was ended: most likely somebody signed in in another tab, which takes the guest's conversation along.
   * This tab's own provider says who. Nothing is shown until then.
   */
  async #follow(): Promise<void> {
    const generation = this.#generation;
    const alone = (): boolean => generation === this.#generation && this.#state.session === null;
    await this.#ask(alone);
    if (alone()) this.#parts.listener({ type: "ended" });
  }

  /** An anonymous session needs no proof: its device credential opens the next one. */
  async #revive(): Promise<void> {
    const generation = this.#generation;
    for (let attempt = 0; generation === this.#generation; attempt += 1) {
      const answer = await this.activate({ type: "ANONYMOUS" });
      if (answer.status === "authentication-success" || this.#state.session?.assurance === "VERIFIED") return;
      if (answer.code !== "SERVICE_UNAVAILABLE" && answer.code !== "RATE_LIMITED") return this.ended();
      await pause(this.#parts.environment, backOff(attempt, this.#parts.environment.random, 2_000));
    }
  }

  #stopTimers(): void {
    this.#parts.environment.clearTimer(this.#renewTimer);
    this.#parts.environment.clearTimer(this.#expiryTimer);
  }

  #wipe(): void {
    this.#generation += 1;
    this.#stopTimers();
    this.#token = null;
    this.#signOutHandle = null;
    this.#extId = null;
    this.#state = { ...NOBODY, phase: nextPhase(this.#state.phase, "wiped") };
    this.#parts.connection.wipe();
    this.#parts.listener({ type: "wiped" });
  }

  #move(trigger: SessionTrigger, change: Partial<SessionState> = {}): void {
    this.#set({ ...change, phase: nextPhase(this.#state.phase, trigger) });
  }

  #set(change: Partial<SessionState>): void {
    this.#state = { ...this.#state, ...change };
    this.#parts.listener({ type: "changed" });
  }
}

/** What the server offers to add, as the very object held before if that is the same. */
function setAsideOf({ earlierConversationId, earlierClosedAt }: Continuity, before: SessionState["setAside"]): SessionState["setAside"] {
  if (earlierConversationId === null || earlierClosedAt === null) return null;
  if (before?.conversationId === earlierConversationId) return before;
  return { conversationId: earlierConversationId, at: Date.parse(earlierClosedAt) };
}

/** An anonymous visitor has proved who they are. */
function isUpgrade(before: PublicSession, after: PublicSession): boolean {
  return before.assurance !== "VERIFIED" && after.assurance === "VERIFIED";
}
