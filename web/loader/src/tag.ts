/**
 * The tag behind `window.iAdvizeInterface`: moves the activation through its state machine and talks to the widget.
 *
 * The provider's tokens pass through here to the widget; the session token never comes back. Whatever the page's own
 * functions do, `activate` and `logout` resolve.
 *
 * Written as one closure: private members of a class would cost a tenth of what a brand's page may load.
 */
import { isAuthenticationOption } from "@signet/protocol";
import type { AuthenticationOption, ToLoader, ToWidget, Transaction } from "@signet/protocol";
import type { Heard, Size, Widget } from "./frame";
import { isPhase, step } from "./machine";
import type { Phase, Refusal, Trigger } from "./machine";
import { createProperties, isolated } from "./properties";
import type { Properties } from "./properties";
import { failed, OPTION_INVALID, PROVIDER_FAILED, REFUSALS, succeeded, unavailable } from "./results";
import type { ActivationResult, Failure } from "./results";

/** A function of the page that says who is signed in now. */
export type Provider = () => unknown;

/** What the tag needs from the page it runs in. */
export interface Surroundings {
  /** Opens the widget's iframe and connects it; rejects with a {@link Failure}. */
  openWidget(listener: (message: Heard) => void): Promise<Widget>;
  /** Runs `work` when no other of this browser's tabs on this site runs theirs. `work` does not reject. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** This site's pages in other tabs, where the browser lets them talk. */
  tabs?: Pick<BroadcastChannel, "postMessage" | "onmessage"> | undefined;
  /** Members of `window.iAdvizeCallbacks`, looked up at the moment of the call. */
  callback(name: string): unknown;
  /** What the page says of this visitor without proof, `idzCustomData`, as {@link ToWidget} has it. */
  customData(): string;
  warn(text: string): void;
}

/** See the module's description. */
export interface Tag {
  readonly properties: Properties;
  readonly phase: Phase;
  /** `iAdvize.activate`: see PRODUCT.md section 6. Never rejects. */
  activate(provider: unknown, onResult?: unknown): Promise<ActivationResult>;
  /** Opens an anonymous session by itself, for projects whose authenticated mode is off. */
  start(): Promise<void>;
  /** `iAdvize.logout`. Resolves when this browser is wiped and the session revoked or queued for it. */
  logout(): Promise<void>;
  /** `iAdvize.openChatbox` and `closeChatbox`. Before an activation there is nothing to show; one under way is heard. */
  show(opened: boolean): void;
  /**
   * Opens the chat again if the page has thrown it away, as sites do that swap their body. Its session is gone, so the
   * provider says anew who is there. Once: a page that does it again and again is not followed.
   */
  revive(): void;
  /** Tells the widget whether it may store on this device. */
  persist(allowed: boolean): void;
  /** `iAdvize.recordTransaction`. Before the chat is there it is kept for it. */
  record(transaction: Transaction): void;
  /** A code that lets a page of `origin`, and no other, go on with this visitor's conversation; `null` if there is none. */
  handOver(origin: string): Promise<string | null>;
}

/** A provider that takes longer has failed. */
const PROVIDER_PATIENCE = 30_000;
/** How often a widget that owes an answer is looked for, milliseconds. */
const CHECK = 1_000;

type Choice = { option: AuthenticationOption } | { failure: Failure; returned: unknown };
type Reply = Extract<ToLoader, { type: "activated" | "refused" | "loggedOut" | "handedOver" }>;

const CLOSED = unavailable("the chat was closed");

/** Asks the page's provider; whatever it does, there is an answer. */
async function ask(provider: unknown): Promise<Choice> {
  let returned: unknown;
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const late = new Promise((_, reject) => {
      timer = setTimeout(reject, PROVIDER_PATIENCE, "no answer in time");
    });
    const answer = await Promise.race([(provider as Provider)(), late]);
    returned = (answer as { authenticationOption?: unknown } | null | undefined)?.authenticationOption;
  } catch (error) {
    console.error("[signet] the token provider failed", error);
    return { failure: PROVIDER_FAILED, returned };
  } finally {
    clearTimeout(timer);
  }
  if (!isAuthenticationOption(returned)) return { failure: OPTION_INVALID, returned };
  return {
    option: returned.type === "ANONYMOUS" ? { type: "ANONYMOUS" } : { type: returned.type, token: returned.token },
  };
}

/** Makes the tag of one page. */
export function createTag(surroundings: Surroundings): Tag {
  const { alone, tabs, warn } = surroundings;
  const properties = createProperties();
  let phase: Phase = "idle";
  let provider: unknown = null;
  let opening: Promise<Widget> | null = null;
  /** The same, once it is connected. */
  let shown: Widget | null = null;
  /** Counts sign-outs: an activation that belongs to an earlier count has been overtaken. */
  let generation = 0;
  /** A sign-out of this page that no widget has heard of. */
  let unheard = false;
  let questions = 0;
  let leaving: Promise<void> = Promise.resolve();
  const open = new Map<number, (reply: Reply | null) => void>();
  const waiting: (() => void)[] = [];
  let transactions: ToWidget[] = [];
  let size: Size = { width: 1, height: 1 };
  /** Of the activation that opened the session: the number to find it by, on the brand's side too. */
  let correlationId: string | null = null;

  function move(trigger: Trigger): void {
    const outcome = step(phase, trigger);
    if (!isPhase(outcome)) return;
    phase = outcome;
    for (const resume of waiting.splice(0)) resume();
  }

  function connect(): Promise<Widget> {
    if (opening) return opening;
    const made: Promise<Widget> = surroundings.openWidget((message) => receive(message, made));
    opening = made;
    made.then(
      (widget) => {
        if (opening === made) shown = widget;
        for (const transaction of transactions.splice(0)) tell(transaction);
        properties.put("tag:version", "FULL");
      },
      () => {
        if (opening === made) opening = null;
      },
    );
    return made;
  }

  function tell(message: ToWidget): void {
    opening?.then((widget) => widget.post(message)).catch(() => undefined);
  }

  function request(widget: Widget, message: (id: number) => ToWidget): Promise<Reply | null> {
    const id = (questions += 1);
    return new Promise((resolve) => {
      const timer = setInterval(widget.check, CHECK);
      open.set(id, (reply) => {
        clearInterval(timer);
        resolve(reply);
      });
      widget.post(message(id));
    });
  }

  /** What is under way will not be waited for; a late answer changes nothing. */
  function abandon(): void {
    generation += 1;
    for (const settle of open.values()) settle(null);
    open.clear();
  }

  function forget(): void {
    opening = shown = null;
    properties.reset();
  }

  /** `act` is what becomes of the frame. */
  function end(source: Promise<Widget>, act: "hide" | "remove"): void {
    abandon();
    move("ended");
    void source.then((widget) => widget[act]());
    forget();
  }

  function place(source: Promise<Widget>): void {
    const status = properties.get("chatbox:status");
    void source.then((widget) => {
      if (source !== opening) return;
      properties.put("app:boundaries", status === "HIDDEN" ? widget.hide() : widget.place(status === "OPENED", size));
    });
  }

  function receive(message: Heard, source: Promise<Widget>): void {
    if (source !== opening) {
      // A widget whose session is over goes once the server knows.
      if (message.type === "revoked") void source.then((widget) => widget.remove());
      return;
    }
    switch (message.type) {
      case "activated":
      case "refused":
      case "loggedOut":
      case "handedOver":
        open.get(message.id)?.(message);
        open.delete(message.id);
        break;
      case "ask": {
        const count = generation;
        void alone(async () => (count === generation ? ask(provider) : null)).then((choice) =>
          tell({ type: "answer", id: message.id, option: choice && "option" in choice ? choice.option : null }),
        );
        break;
      }
      case "observed":
        move("acceptedAnonymous");
        break;
      case "restored":
        move("restored");
        break;
      case "expired":
        move("expired");
        properties.emit("authentication:expired", { correlationId });
        break;
      case "ended":
        // The answer to this page's own sign-out is still to come.
        if (phase === "loggingOut") break;
        provider = null;
        end(source, "hide");
        properties.emit("authentication:logout", { correlationId });
        break;
      case "lost":
        end(source, "remove");
        break;
      case "state":
        for (const [property, value] of Object.entries(message.properties)) properties.put(property, value);
        place(source);
        break;
      case "size":
        size = message;
        place(source);
        break;
      case "callback": {
        const callback = surroundings.callback(message.name);
        if (typeof callback === "function") isolated(() => callback(message.context));
        break;
      }
    }
  }

  async function login(candidate: unknown, widgetOpening: Promise<Widget>): Promise<ActivationResult> {
    const begun = generation;
    const overtaken = (): boolean => begun !== generation;
    const refuse = (option: unknown, failure: Failure): ActivationResult => {
      if (overtaken()) return failed(option, CLOSED);
      move("refused");
      return failed(option, failure);
    };
    const choice = await alone<Choice | null>(async () => (overtaken() ? null : ask(candidate)));
    if (!choice) return refuse(null, PROVIDER_FAILED);
    if ("failure" in choice) return refuse(choice.returned, choice.failure);
    const { option } = choice;
    if (option.type === "ANONYMOUS" && step(phase, "choseAnonymous") === "ALREADY_ACTIVATED") {
      return refuse(option, REFUSALS.ALREADY_ACTIVATED);
    }
    const widget = await widgetOpening.catch((failure: Failure) => failure);
    if (overtaken() || "code" in widget) return refuse(option, widget as Failure);
    // A sign-out, or the loss of the widget, settles what is open with `null`: an answer is never one that was overtaken.
    // The chat may ask for another token before it answers: a lost answer does not bring the first one back.
    const former = provider;
    provider = candidate;
    const reply = await request(widget, (id) => ({ type: "activate", id, option, customData: surroundings.customData() }));
    if (reply?.type !== "activated") {
      if (!overtaken()) provider = former;
      return refuse(option, reply as unknown as Failure);
    }
    move(option.type === "ANONYMOUS" ? "acceptedAnonymous" : "acceptedSecured");
    correlationId = reply.correlationId;
    return succeeded(option);
  }

  async function attempt(candidate: unknown, trigger: "activate" | "start"): Promise<ActivationResult> {
    shown?.check();
    const begun = generation;
    while (step(phase, trigger) === "WAIT") await new Promise<void>((resume) => waiting.push(resume));
    // The page signed out while this waited: that was its last word.
    if (begun !== generation) return failed(null, CLOSED);
    const outcome = step(phase, trigger);
    if (!isPhase(outcome)) {
      // The document's failure prints the option, so the provider is asked even when the answer is known.
      const choice = await alone(() => ask(candidate));
      return "failure" in choice
        ? failed(choice.returned, choice.failure)
        : failed(choice.option, REFUSALS[outcome as Refusal]);
    }
    move(trigger);
    // The chat loads while the provider answers.
    const result = await login(candidate, connect());
    const { authentication } = result;
    // `authentication:success` or `authentication:failure`. The result of a success has documented members only.
    properties.emit(authentication.status.replace("-", ":"), {
      authentication: authentication.reason ? authentication : { ...authentication, correlationId },
    });
    return result;
  }

  async function leave(others: boolean): Promise<void> {
    move("logout");
    provider = null;
    unheard = false;
    abandon();
    transactions = [];
    try {
      // Without a widget there may still be a device credential and other tabs to wipe, which only it can reach.
      const widget = await connect();
      const reply = await request(widget, (id) => ({ type: "logout", id, others }));
      if (reply?.type === "loggedOut" && !reply.revoked) widget.hide();
      else widget.remove();
      if (!reply) throw reply;
    } catch {
      warn("sign-out: the chat could not be loaded");
      // Tried again when this page is looked at, or the network is back.
      unheard = true;
    }
    forget();
    move("loggedOut");
    properties.emit("authentication:logout", { correlationId });
  }

  /** `others`: this page says so, and not another tab. */
  function signOut(others: boolean): Promise<void> {
    shown?.check();
    // At once, for the page may be gone the next moment, and its widget with it.
    if (others) tabs?.postMessage(0);
    // Called twice, it is one sign-out that both wait for.
    if (step(phase, "logout") !== "WAIT") leaving = leave(others);
    else if (others) generation += 1;
    return leaving;
  }

  const tag: Tag = {
    properties,
    get phase() {
      return phase;
    },
    activate: async (candidate, onResult) => {
      const result = await attempt(candidate, "activate");
      if (typeof onResult === "function") isolated(() => onResult(result));
      return result;
    },
    start: async () => {
      if (phase !== "idle") return;
      const { authentication } = await attempt(() => ({ authenticationOption: { type: "ANONYMOUS" } }), "start");
      if (authentication.reason) warn(authentication.reason);
    },
    logout: () => signOut(true),
    show: (opened) => {
      tag.revive();
      tell({ type: opened ? "open" : "close" });
    },
    revive: () => {
      shown?.check();
      shown?.post({ type: "customData", customData: surroundings.customData() });
      const kept = provider;
      if (phase !== "loggedOut") return;
      if (unheard) void tag.logout();
      if (!kept) return;
      provider = null;
      void tag.activate(kept);
    },
    persist: (allowed) => tell({ type: "persist", allowed }),
    record: (transaction) => {
      const message: ToWidget = { type: "transaction", transaction };
      if (opening) tell(message);
      else transactions.push(message);
    },
    handOver: async (origin) => {
      const reply = shown && (await request(shown, (id) => ({ type: "handOver", id, origin })));
      return reply?.type === "handedOver" ? reply.code : null;
    },
  };
  if (tabs) tabs.onmessage = () => shown && signOut(false);
  return tag;
}
