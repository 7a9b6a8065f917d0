/**
 * The chat behind the screen: ties session, socket, loader and other tabs together, and keeps what a screen draws.
 *
 * A wipe empties everything a person left here in one step: session and thread (by the client), draft and history
 * position (here). The screen is drawn from this state alone, so an empty state is an empty screen.
 */
import {
  SignOuts,
  VisitorApi,
  VisitorConnection,
  VisitorSession,
  isLocked,
  ongoingPart,
  pause,
  unreadCount,
} from "@signet/client";
import type { ConnectionEvent, Environment, Fetch, Prover, SessionEvent } from "@signet/client";
import type { AuthenticationOption } from "@signet/protocol";
import { confirmationOf } from "./confirmation";
import type { ConsentingDeviceStore } from "./device";
import { offerOf } from "./offer";
import type { EarlierOffer } from "./offer";
import { PageReport } from "./page-data";
import { PagePort } from "./page-port";
import type { Command } from "./page-port";
import { Past } from "./past";
import { Sales } from "./sales";
import { BLANK } from "./state";
import type { ChatState, OwnState } from "./state";
import type { Survey } from "./survey";
import type { Tabs, Word } from "./tabs";

/** Where sockets are opened: what their proof is for. */
const SOCKET = "/visitor/v1/socket";
/** How long a sign-out waits for the server's answer before it counts as queued, milliseconds. */
const REVOKING = 3_000;
/** How long after a proof the server takes at most to say that it answers the agent's request. */
const CONFIRMING = 5_000;

/** What the chat is made of. */
export interface ChatParts {
  projectId: string;
  origin: string;
  port: MessagePort;
  sheet: boolean;
  rightToLeft: boolean;
  handOver: string | null;
  device: ConsentingDeviceStore;
  tabs: Tabs;
  environment: Environment;
  fetch: Fetch;
  /** Binds sessions to a key of this client. */
  prover?: Prover | null;
  networkUp: boolean;
  /** Tells whoever builds the page what is wrong with it. */
  warn(text: string): void;
}

/** See the module's description. */
export class Chat {
  readonly #parts: ChatParts;
  readonly #api: VisitorApi;
  readonly #connection: VisitorConnection;
  readonly #session: VisitorSession;
  readonly #signOuts: SignOuts;
  readonly #sales: Sales;
  readonly #page: PagePort;
  readonly #report: PageReport;
  readonly #past: Past;
  readonly #listeners = new Set<() => void>();
  #declined: string | null = null;
  #own: OwnState;
  #state: ChatState;

  constructor(parts: ChatParts) {
    this.#parts = parts;
    const { environment, projectId, origin, device, tabs, sheet, networkUp, handOver, warn } = parts;
    const prover = parts.prover ?? null;
    this.#api = new VisitorApi(parts.fetch, environment, prover);
    this.#signOuts = new SignOuts(this.#api, environment, device.signOuts);
    this.#sales = new Sales(this.#api, environment);
    this.#report = new PageReport({ api: this.#api, environment, warn });
    this.#connection = new VisitorConnection(
      environment,
      (event) => this.#heard(event),
      (token, forAny) => {
        if (prover && forAny) prover.nonce = null;
        return prover?.prove("GET", SOCKET, token) ?? null;
      },
    );
    this.#past = new Past(this.#api, this.#connection);
    this.#session = new VisitorSession({
      projectId,
      origin,
      device,
      environment,
      api: this.#api,
      connection: this.#connection,
      siblings: tabs,
      signOuts: this.#signOuts,
      handOver,
      askProvider: () => this.#page.ask(),
      listener: (event) => this.#sessionHeard(event),
    });
    this.#own = { ...BLANK, sheet, networkUp };
    this.#state = this.#compose();
    tabs.onWord((word) => this.#hearTab(word));
    this.#page = new PagePort(parts.port, (command) => this.#obey(command));
    this.#page.post({ type: "ready", rightToLeft: parts.rightToLeft });
    // What an earlier page could not tell the server.
    void this.#signOuts.drain();
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
    if (ended) this.#page.callback("onChatHidden", {});
  }

  setDraft(draft: string): void {
    this.#change({ draft });
    this.#shareDraft();
    if (draft !== "") this.#connection.typing();
  }

  /** Sends the draft, if it says anything. */
  send(): void {
    const text = this.#own.draft.trim();
    if (text === "" || isLocked(this.#state.session) || this.#state.session.newcomer) return;
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
    void this.#session.prove();
  }

  /** The person who is new here says that it is them. */
  welcome(): void {
    this.#session.welcome();
  }

  /** The person who is new here says that it is somebody else. */
  disown(): void {
    void this.#parts.tabs.wipeOthers();
    void this.#leave();
  }

  /** Adds what was written before signing in to the conversation that goes on. */
  async addEarlierMessages(): Promise<void> {
    const offer = this.#own.earlier;
    if (offer?.step !== "offered" && offer?.step !== "failed") return;
    const added = await this.#answerOffer(offer, "adding", "ADD");
    if (this.#own.earlier?.conversationId === offer.conversationId) {
      this.#change({ earlier: { ...offer, step: added ? "added" : "failed" } });
    }
  }

  /** Leaves what was written before signing in where it is. */
  keepApart(): void {
    const offer = this.#own.earlier;
    // Lost on its way, the answer costs one more question on the next page, and no message.
    if (offer) void this.#answerOffer(offer, "declined", "DECLINE");
  }

  #answerOffer(offer: EarlierOffer, step: EarlierOffer["step"], answer: "ADD" | "DECLINE"): Promise<boolean> {
    const { token } = this.#session;
    this.#change({ earlier: { ...offer, step } });
    return token === null ? Promise.resolve(false) : this.#api.answerEarlierMessages(token, offer.conversationId, answer);
  }

  /** The visitor agrees to confirm their identity: the brand's page is asked for a fresh proof. */
  async confirmIdentity(): Promise<void> {
    const asked = this.#own.confirmation;
    if (!asked || asked.step === "proving") return;
    this.#change({ confirmation: { ...asked, step: "proving" } });
    const proved = await this.#session.confirm();
    // A proof that is older than the request is no answer to it: the server then leaves the request standing.
    if (proved) await pause(this.#parts.environment, CONFIRMING);
    const { token } = this.#session;
    const left = this.#own.confirmation;
    if (left?.key !== asked.key || token === null) return;
    this.#change({ confirmation: { ...left, step: "failed" } });
    void this.#api.refuseConfirmation(token, asked.conversationId, "FAILED");
  }

  /** The visitor would rather not, for now. */
  declineConfirmation(): void {
    const asked = this.#own.confirmation;
    const { token } = this.#session;
    if (!asked || token === null) return;
    this.#declined = asked.key;
    this.#refresh();
    void this.#api.refuseConfirmation(token, asked.conversationId, "DECLINED");
  }

  /** Answers the survey's first question. */
  rate(customerSatisfaction: number): void {
    this.#answer({ customerSatisfaction });
  }

  /** Ends the survey, with a comment or without. */
  comment(text: string): void {
    const comment = text.trim();
    this.#answer({ answered: true, ...(comment === "" ? {} : { comment }) });
    this.#page.callback("onSatisfactionAnswered", {});
  }

  #answer(change: Partial<Survey>): void {
    const { survey } = this.#own;
    const { token } = this.#session;
    if (!survey || token === null) return;
    this.#change({ survey: { ...survey, ...change } });
    const { answered: _, conversationId: __, ...answers } = change;
    if (Object.keys(answers).length > 0) void this.#api.answerSurvey(token, survey.conversationId, answers);
  }

  /** Room the launcher takes, in CSS pixels. */
  reportSize(width: number, height: number): void {
    this.#page.post({ type: "size", width: Math.ceil(width), height: Math.ceil(height) });
  }

  /** The browser says the network came or went. */
  networkChanged(up: boolean): void {
    this.#change({ networkUp: up });
    if (!up) return;
    this.#connection.wake();
    this.#signOuts.wake();
  }

  /** Whether there may be older entries worth asking for without being told to. */
  get hasPast(): boolean {
    return this.#state.session.returning;
  }

  /** Loads the next older page. */
  async loadEarlier(): Promise<void> {
    const { token } = this.#session;
    if (token === null || this.#own.history === "loading" || this.#own.history === "complete") return;
    this.#change({ history: "loading" });
    const history = await this.#past.load(token);
    if (history !== null) this.#change({ history });
  }

  #obey(message: Command): void {
    switch (message.type) {
      case "activate":
        void this.#activate(message.id, message.option, message.customData);
        break;
      case "customData":
        this.#report.take(message.customData);
        this.#reportPage();
        break;
      case "logout":
        void this.#logout(message.id, message.others);
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
      case "transaction":
        this.#sales.record(message.transaction);
        this.#sales.attribute(this.#session.token);
        break;
      case "handOver":
        void this.#handOver(message.id, message.origin);
        break;
    }
  }

  async #activate(id: number, option: AuthenticationOption, customData: string): Promise<void> {
    const answer = await this.#session.activate(option, this.#report.take(customData).extId);
    if (this.#session.state.session?.assurance === "VERIFIED") this.#report.outdone();
    const { correlationId } = answer;
    const observed = "observed" in answer ? answer.observed : null;
    if (observed) this.#page.post({ type: "observed" });
    const { reason, code } = "code" in answer ? answer : (observed ?? { reason: null, code: null });
    if (reason !== null && code !== null) {
      this.#page.post({ type: "refused", id, reason, code, correlationId: correlationId || null });
    } else {
      this.#page.post({ type: "activated", id, correlationId });
    }
  }

  /** The page signs the visitor out. Answers when every tab is wiped and the server knows, or will be told. */
  async #logout(id: number, tellOthers: boolean): Promise<void> {
    const others = tellOthers ? this.#parts.tabs.wipeOthers() : Promise.resolve();
    const queued = pause(this.#parts.environment, REVOKING).then(() => false);
    const [revoked] = await Promise.all([Promise.race([this.#session.logout(), queued]), others]);
    this.#page.post({ type: "loggedOut", id, revoked });
    if (!revoked) await this.#untilRevoked();
  }

  /** The visitor signed out elsewhere, or is somebody else. */
  async #leave(): Promise<void> {
    void this.#session.logout();
    this.#page.post({ type: "ended" });
    await this.#untilRevoked();
  }

  /** The loader keeps the frame, out of view, until the server has been told. */
  async #untilRevoked(): Promise<void> {
    await this.#signOuts.drain();
    this.#page.post({ type: "revoked" });
  }

  async #handOver(id: number, origin: string): Promise<void> {
    const { token } = this.#session;
    this.#page.post({ type: "handedOver", id, code: token === null ? null : await this.#api.handOver(token, origin) });
  }

  #hearTab(word: Word): void {
    switch (word.type) {
      case "logout":
        void this.#leave();
        this.#parts.tabs.tell({ type: "wiped", id: word.id });
        return;
      case "wiped":
        return;
      case "proved":
        this.#session.takeOver(word.session, word.key ?? null);
        return;
      case "draft":
        if (this.#writesAs(word.visitorId)) this.#change({ draft: word.text });
        return;
      case "draftAsked":
        if (this.#writesAs(word.visitorId) && this.#own.draft !== "") this.#shareDraft();
    }
  }

  #writesAs(visitorId: string): boolean {
    const { state } = this.#session;
    return !isLocked(state) && state.session?.visitorId === visitorId;
  }

  /** What is being written is the visitor's, in whichever tab. */
  #shareDraft(): void {
    const visitorId = this.#session.state.session?.visitorId;
    if (visitorId) this.#parts.tabs.tell({ type: "draft", visitorId, text: this.#own.draft });
  }

  #sessionHeard(event: SessionEvent): void {
    if (event.type === "wiped") {
      this.#page.abandon();
      this.#sales.forget();
      this.#report.forget();
      this.#own = { ...this.#own, ...BLANK };
    }
    // Whoever is new here opens the chat themselves, and is asked.
    if (this.#session.state.newcomer && !this.#state.session.newcomer) this.#own = { ...this.#own, opened: false };
    this.#refresh();
    this.#sales.attribute(this.#session.token);
    if (event.type === "expired" || event.type === "restored") this.#page.post({ type: event.type });
    if (event.type === "ended") {
      this.#page.post({ type: "ended" });
      void this.#untilRevoked();
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
        this.#page.callback("onChatStarted", { id: event.conversationId, conversationId: event.conversationId, vuid });
        break;
      case "closed":
        this.#page.callback("onChatEnded", { id: event.conversationId, conversationId: event.conversationId, vuid });
        this.#beginSurvey(event.conversationId);
        break;
      case "received":
        this.#page.callback("onMessageReceived", {
          time: Date.parse(event.entry.createdAt),
          date: event.entry.createdAt,
          msg: event.entry.text,
          operator: { id: null, externalId: null, name: event.entry.author.name },
        });
        break;
      case "sent":
        this.#page.callback("onMessageSent", { time: event.message.writtenAt, msg: event.message.text });
        break;
    }
  }

  /** Not for one that goes on elsewhere. */
  #beginSurvey(conversationId: string): void {
    const closed = this.#connection.state.thread.find((part) => part.id === conversationId)?.conversation;
    if (closed?.continuedInId) return;
    this.#change({ survey: { conversationId, answered: false } });
    this.#page.callback("onSatisfactionDisplayed", {});
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
    if (this.#past.follow(sessionId)) {
      // What was begun here before stays.
      if (visitorId && this.#own.draft === "") this.#parts.tabs.tell({ type: "draftAsked", visitorId });
      this.#own = { ...this.#own, history: "unknown" };
    }
    const { thread } = this.#connection.state;
    const confirmation = confirmationOf(ongoingPart(thread)?.conversation, this.#own.confirmation, this.#declined);
    const earlier = offerOf(this.#session.state.setAside, this.#own.earlier, thread);
    this.#own = { ...this.#own, confirmation, earlier };
    this.#state = this.#compose();
    this.#showPage();
    this.#reportPage();
    for (const listener of this.#listeners) listener();
  }

  #showPage(): void {
    const { session, connection, opened } = this.#state;
    this.#page.show({
      "conversation:id": ongoingPart(connection.thread)?.id ?? null,
      "visitor:assurance": isLocked(session) ? null : (session.session?.assurance ?? null),
      "conversation:unreadCount": unreadCount(connection.thread),
      "chatbox:status": session.session === null ? "HIDDEN" : opened ? "OPENED" : "REDUCED",
    });
  }

  /** What the page says of somebody of whom the server keeps something: a person, or a guest who has written. */
  #reportPage(): void {
    const { session, newcomer } = this.#session.state;
    const kept = session?.assurance === "VERIFIED" || this.#connection.state.thread.length > 0;
    this.#report.tell(this.#session.token, session && kept && !newcomer ? session.visitorId : null);
  }
}
