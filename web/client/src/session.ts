/**
 * The visitor's session: who this client may speak as, and for how long.
 *
 * Invariants:
 * - The session token lives in a private field of this object and nowhere else.
 * - A verified session never turns into an anonymous one. When its time passes without a new proof it is *locked*:
 *   nothing is sent, nothing should be shown, and what was written waits for the same person.
 * - What belonged to one person is wiped before another person's session is used.
 * - Activations, renewals and the logout run one after another; an answer that a logout has overtaken changes nothing.
 */
import type { ActivateSuccess, ActivateFailure, ActivateRequest, AuthenticationOption, Project, Session } from "@signet/protocol";
import type { VisitorApi } from "./api";
import { unreachable } from "./api";
import type { VisitorConnection } from "./connection";
import { backOff, pause } from "./environment";
import type { Environment, Timer } from "./environment";

/**
 * What persists on this device: an anonymous visitor's device credential, and an id that proves nothing and lets this
 * browser's pages share one session. Implementations must not throw.
 */
export interface DeviceStore {
  load(): string | null;
  save(credential: string): void;
  forget(): void;
  /** This browser's id, made at first use. */
  browserId(): string;
  /** The next use makes another one. */
  forgetBrowser(): void;
}

/** The session without its token. */
export type PublicSession = Omit<Session, "accessToken">;

/** What a screen may know about the session. */
export interface SessionState {
  readonly session: PublicSession | null;
  readonly project: Project | null;
  /** The session's time has passed; identity must be proved again. */
  readonly locked: boolean;
  /** A new proof is being asked for while locked. */
  readonly verifying: boolean;
  /** The last attempt to unlock did not succeed. */
  readonly refused: boolean;
  /** This visitor was here before: there may be earlier conversations. */
  readonly returning: boolean;
  /** The anonymous conversation that was closed because the person had one going already, and when (by the server's clock). */
  readonly setAside: { readonly conversationId: string; readonly at: number } | null;
}

/** What happened. */
export type SessionEvent =
  | { type: "changed" }
  /** Everything of the previous person must leave screen and memory now. */
  | { type: "wiped" }
  | { type: "expired" }
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
  /** Asks the brand's provider for a fresh option; `null` when it has none. Must not reject. */
  askProvider(): Promise<AuthenticationOption | null>;
  listener(event: SessionEvent): void;
}

const NOBODY: SessionState = {
  session: null,
  project: null,
  locked: false,
  verifying: false,
  refused: false,
  returning: false,
  setAside: null,
};

/** The longest delay a timer can hold. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** See the module's description. */
export class VisitorSession {
  readonly #parts: SessionParts;
  #state: SessionState = NOBODY;
  #token: string | null = null;
  #generation = 0;
  #activating = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #renewTimer: Timer = null;
  #expiryTimer: Timer = null;
  #clockAhead = 0;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  get state(): SessionState {
    return this.#state;
  }

  /** The session token, for requests of this client. `null` while there is no session or it is locked. */
  get token(): string | null {
    return this.#state.locked ? null : this.#token;
  }

  /** Opens, upgrades or renews a session. Resolves with the platform's answer; never rejects. */
  activate(option: AuthenticationOption): Promise<ActivateSuccess | ActivateFailure> {
    this.#activating += 1;
    const generation = this.#generation;
    const turn = this.#turn.then(() => this.#activate(option, generation));
    this.#turn = turn.catch(() => undefined);
    return turn.finally(() => {
      this.#activating -= 1;
      // The server closes the old socket at an upgrade; that mattered only if the upgrade failed.
      if (this.#activating === 0 && this.#parts.connection.state.phase === "ended") this.ended();
    });
  }

  /** Asks the provider and activates with its answer, to unlock or to renew. True on success. */
  async prove(): Promise<boolean> {
    const generation = this.#generation;
    this.#set({ verifying: true, refused: false });
    const option = await this.#parts.askProvider();
    const fit = option?.type === "SECURED_AUTHENTICATION";
    const answer = fit && generation === this.#generation ? await this.activate(option) : null;
    const proved = answer?.status === "authentication-success";
    if (generation === this.#generation) this.#set({ verifying: false, refused: !proved });
    return proved;
  }

  /** Wipes everything, then ends the session on the server. False when the server could not be told. */
  async logout(): Promise<{ revoked: boolean; revokeLater: () => Promise<void> }> {
    const token = this.#token;
    this.#wipe();
    this.#parts.device.forget();
    this.#parts.device.forgetBrowser();
    const revoke = (): Promise<boolean> => (token === null ? Promise.resolve(true) : this.#parts.api.logout(token));
    const revoked = await revoke();
    return {
      revoked,
      revokeLater: async () => {
        for (let attempt = 0; !(await revoke()); attempt += 1) {
          await pause(this.#parts.environment, backOff(attempt, this.#parts.environment.random, 1_000));
        }
      },
    };
  }

  /** The server has ended the session (close code 4401). */
  ended(): void {
    if (this.#activating > 0 || this.#state.session === null) return;
    this.#wipe();
    this.#parts.listener({ type: "ended" });
  }

  /** The session's time has passed, by the server's word or by the clock. */
  expired(): void {
    if (this.#state.session === null || this.#state.locked) return;
    this.#stopTimers();
    this.#parts.connection.suspend();
    if (this.#state.session.assurance !== "VERIFIED") {
      void this.#revive();
      return;
    }
    this.#set({ locked: true, refused: false });
    this.#parts.listener({ type: "expired" });
    // The machine may have slept through the renewal window: the provider deserves one try without the visitor's hand.
    void this.prove();
  }

  async #activate(option: AuthenticationOption, generation: number): Promise<ActivateSuccess | ActivateFailure> {
    if (generation !== this.#generation) return unreachable("signed out meanwhile");
    const { api, projectId, origin, device } = this.#parts;
    const request: ActivateRequest = {
      projectId,
      origin,
      authenticationOption: option,
      session: this.#token,
      device: device.load(),
      browserId: device.browserId(),
    };
    const { response, clockAhead } = await api.activate(request, () => this.#another(option, generation));
    if (response.status === "authentication-failure") return response;
    if (generation !== this.#generation) {
      // Logged out meanwhile: this session must not outlive the wish to leave.
      void api.logout(response.session.accessToken);
      return unreachable("signed out meanwhile");
    }
    this.#clockAhead = clockAhead;
    this.#adopt(response);
    return response;
  }

  /** The option for a second try: a guest's is as good as the first, a token must be a new one. */
  async #another(option: AuthenticationOption, generation: number): Promise<AuthenticationOption | null> {
    if (option.type === "ANONYMOUS") return option;
    const fresh = await this.#parts.askProvider();
    return fresh?.type === option.type && generation === this.#generation ? fresh : null;
  }

  #adopt(response: ActivateSuccess): void {
    const { connection, device, environment, listener } = this.#parts;
    const before = this.#state;
    const returning = before.returning || device.load() !== null || response.session.assurance === "VERIFIED";
    const { accessToken, ...session } = response.session;
    const samePerson = before.session?.visitorId === session.visitorId;
    const sameSession = before.session?.sessionId === session.sessionId;
    const { outcome, earlierConversationId } = response.continuity;

    if (response.device === null) device.forget();
    else device.save(response.device);

    if (before.session && (outcome === "SWITCHED" || !(samePerson || sameSession || isUpgrade(before.session, session)))) {
      this.#wipe();
    } else if (before.session && isUpgrade(before.session, session)) {
      connection.changeIdentity(outcome === "ADOPTED");
    }

    this.#token = accessToken;
    this.#set({
      session,
      project: response.project,
      locked: false,
      refused: false,
      returning,
      setAside: earlierConversationId
        ? { conversationId: earlierConversationId, at: environment.now() + this.#clockAhead }
        : sameSession
          ? before.setAside
          : null,
    });
    if (sameSession) connection.renew(accessToken);
    else connection.open(accessToken);
    this.#schedule(session);
    if (before.locked) listener({ type: "restored" });
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
    const option: AuthenticationOption | null =
      session.assurance === "VERIFIED" ? await this.#parts.askProvider() : { type: "ANONYMOUS" };
    if (generation !== this.#generation || this.#state.session !== session || this.#state.locked) return;
    if (option && (option.type === "SECURED_AUTHENTICATION") === (session.assurance === "VERIFIED")) {
      const answer = await this.activate(option);
      if (answer.status === "authentication-success") return;
    }
    if (generation !== this.#generation || this.#state.session !== session || this.#state.locked) return;
    const left = Date.parse(session.expiresAt) - this.#parts.environment.now() - this.#clockAhead;
    if (left > 3_000) this.#renewTimer = this.#after(left / 3, () => void this.#renew(session));
  }

  /** An anonymous session needs no proof: its device credential opens the next one. */
  async #revive(): Promise<void> {
    const generation = this.#generation;
    for (let attempt = 0; generation === this.#generation; attempt += 1) {
      const answer = await this.activate({ type: "ANONYMOUS" });
      if (answer.status === "authentication-success") return;
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
    this.#state = NOBODY;
    this.#parts.connection.wipe();
    this.#parts.listener({ type: "wiped" });
  }

  #set(change: Partial<SessionState>): void {
    this.#state = { ...this.#state, ...change };
    this.#parts.listener({ type: "changed" });
  }
}

/** An anonymous visitor has proved who they are. */
function isUpgrade(before: PublicSession, after: PublicSession): boolean {
  return before.assurance !== "VERIFIED" && after.assurance === "VERIFIED";
}
