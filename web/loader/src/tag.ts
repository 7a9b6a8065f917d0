/**
 * The tag behind `window.iAdvizeInterface`: moves the activation through its state machine and talks to the widget.
 *
 * The provider's tokens pass through here to the widget; the session token never comes back. Whatever the page's own
 * functions do, `activate` and `logout` resolve.
 */
import { isAuthenticationOption } from "@signet/protocol";
import type { AuthenticationOption, ToLoader, ToWidget } from "@signet/protocol";
import type { Boundaries, Size, Widget } from "./frame";
import { isPhase, step } from "./machine";
import type { Phase, Refusal, Trigger } from "./machine";
import { isolated, Properties } from "./properties";
import { failed, OPTION_INVALID, PROVIDER_FAILED, REFUSALS, succeeded, unavailable } from "./results";
import type { ActivationResult, Failure } from "./results";

/** A function of the page that says who is signed in now. */
export type Provider = () => unknown;

/** What the tag needs from the page it runs in. */
export interface Surroundings {
  /** Opens the widget's iframe and connects it; rejects when Signet does not answer. */
  openWidget(listener: (message: ToLoader) => void): Promise<Widget>;
  /** Members of `window.iAdvizeCallbacks`, looked up at the moment of the call. */
  callback(name: string): unknown;
  /** Whether the page also names the visitor by `idzCustomData.extID`. */
  namesVisitor(): boolean;
  warn(text: string): void;
}

/** A provider that takes longer has failed. */
const PROVIDER_PATIENCE = 30_000;

type Choice = { option: AuthenticationOption } | { failure: Failure; returned: unknown };
type Reply = Extract<ToLoader, { type: "activated" | "refused" | "loggedOut" }>;

/** Asks the page's provider; whatever it does, there is an answer. */
async function ask(provider: unknown): Promise<Choice> {
  let returned: unknown;
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    if (typeof provider !== "function") return { failure: OPTION_INVALID, returned };
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error("no answer in time")), PROVIDER_PATIENCE);
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

/** See the module's description. */
export class Tag {
  readonly properties = new Properties();
  readonly #surroundings: Surroundings;
  #phase: Phase = "idle";
  #provider: unknown = null;
  #widget: Promise<Widget> | null = null;
  /** Counts sign-outs: an activation that belongs to an earlier count has been overtaken. */
  #generation = 0;
  #questions = 0;
  #leaving: Promise<void> = Promise.resolve();
  readonly #open = new Map<number, (reply: Reply | null) => void>();
  #waiting: (() => void)[] = [];
  #size: Size = { width: 1, height: 1 };

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** `iAdvize.activate`: see PRODUCT.md section 6. Never rejects. */
  readonly activate = async (provider: unknown, onResult?: unknown): Promise<ActivationResult> => {
    const result = await this.#attempt(provider, "activate");
    if (typeof onResult === "function") isolated(() => onResult(result));
    return result;
  };

  /** Opens an anonymous session by itself, for projects whose authenticated mode is off. */
  readonly start = async (): Promise<void> => {
    if (this.#phase !== "idle") return;
    const { authentication } = await this.#attempt(() => ({ authenticationOption: { type: "ANONYMOUS" } }), "start");
    if (authentication.reason) this.#surroundings.warn(authentication.reason);
  };

  /** `iAdvize.logout`. Resolves when this browser is wiped and the session revoked or queued for it. */
  readonly logout = (): Promise<void> => {
    // Called twice, it is one sign-out that both wait for.
    if (step(this.#phase, "logout") !== "WAIT") this.#leaving = this.#leave();
    return this.#leaving;
  };

  async #leave(): Promise<void> {
    this.#move("logout");
    this.#provider = null;
    this.#abandon();
    try {
      // Without a widget there may still be a device credential and other tabs to wipe, which only it can reach.
      const widget = await this.#connect();
      const reply = await this.#request(widget, (id) => ({ type: "logout", id }));
      if (reply?.type === "loggedOut" && !reply.revoked) widget.hide();
      else widget.remove();
    } catch {
      this.#surroundings.warn("sign-out: the chat cannot be reached");
    }
    this.#forget();
    this.#move("loggedOut");
    this.properties.emit("authentication:logout", null);
  }

  /** `iAdvize.openChatbox` and `closeChatbox`. Before an activation there is nothing to show; one under way is heard. */
  readonly show = (opened: boolean): void => {
    this.#tell({ type: opened ? "open" : "close" });
  };

  /** Tells the widget whether it may store on this device. */
  readonly persist = (allowed: boolean): void => this.#tell({ type: "persist", allowed });

  async #attempt(provider: unknown, trigger: "activate" | "start"): Promise<ActivationResult> {
    while (step(this.#phase, trigger) === "WAIT") await this.#change();
    const before = this.#phase;
    const outcome = step(before, trigger);
    if (!isPhase(outcome)) {
      // The document's failure prints the option, so the provider is asked even when the answer is known.
      const choice = await ask(provider);
      return "failure" in choice
        ? failed(choice.returned, choice.failure)
        : failed(choice.option, REFUSALS[outcome as Refusal]);
    }
    this.#move(trigger);
    const widget = this.#connect(); // loads while the provider answers
    widget.catch(() => undefined);
    const result = await this.#login(provider, widget, this.#generation);
    this.properties.emit(
      result.authentication.reason === undefined ? "authentication:success" : "authentication:failure",
      result,
    );
    return result;
  }

  async #login(provider: unknown, opening: Promise<Widget>, generation: number): Promise<ActivationResult> {
    const overtaken = (): boolean => generation !== this.#generation;
    const refuse = (option: unknown, failure: Failure): ActivationResult => {
      if (overtaken()) return failed(option, unavailable("signed out meanwhile"));
      this.#move("refused");
      return failed(option, failure);
    };
    const choice = await ask(provider);
    if ("failure" in choice) return refuse(choice.returned, choice.failure);
    const { option } = choice;
    if (overtaken()) return refuse(option, OPTION_INVALID);
    if (option.type === "ANONYMOUS" && step(this.#phase, "choseAnonymous") === "ALREADY_ACTIVATED") {
      return refuse(option, REFUSALS.ALREADY_ACTIVATED);
    }
    const widget = await opening.catch(() => null);
    if (overtaken() || !widget) return refuse(option, unavailable("the chat could not be loaded"));
    // A sign-out settles what is open with `null`, so an answer is never one that was overtaken.
    const reply = await this.#request(widget, (id) => ({ type: "activate", id, option }));
    if (reply === null) return refuse(option, unavailable("the chat was closed"));
    if (reply.type === "refused") return refuse(option, reply);
    this.#provider = provider;
    this.#move(option.type === "ANONYMOUS" ? "acceptedAnonymous" : "acceptedSecured");
    if (option.type !== "ANONYMOUS" && this.#surroundings.namesVisitor()) {
      this.#surroundings.warn("idzCustomData.extID is ignored: this visitor is verified by token");
    }
    return succeeded(option);
  }

  #move(trigger: Trigger): void {
    const outcome = step(this.#phase, trigger);
    if (!isPhase(outcome)) return;
    this.#phase = outcome;
    for (const resume of this.#waiting.splice(0)) resume();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #connect(): Promise<Widget> {
    this.#widget ??= this.#openWidget();
    return this.#widget;
  }

  #openWidget(): Promise<Widget> {
    const opening = this.#surroundings.openWidget((message) => this.#receive(message, opening));
    opening.then(
      () => this.properties.put("tag:version", "FULL"),
      () => {
        if (this.#widget === opening) this.#widget = null;
      },
    );
    return opening;
  }

  #tell(message: ToWidget): void {
    this.#widget?.then((widget) => widget.post(message)).catch(() => undefined);
  }

  #request(widget: Widget, message: (id: number) => ToWidget): Promise<Reply | null> {
    const id = (this.#questions += 1);
    return new Promise((resolve) => {
      this.#open.set(id, resolve);
      widget.post(message(id));
    });
  }

  /** What is under way will not be waited for; a late answer changes nothing. */
  #abandon(): void {
    this.#generation += 1;
    for (const settle of this.#open.values()) settle(null);
    this.#open.clear();
  }

  #forget(): void {
    this.#widget = null;
    this.properties.reset();
  }

  #receive(message: ToLoader, source: Promise<Widget>): void {
    if (source !== this.#widget) {
      // A widget that was signed out while offline: it may go once its session is revoked.
      if (message.type === "revoked") void source.then((widget) => widget.remove());
      return;
    }
    switch (message.type) {
      case "activated":
      case "refused":
      case "loggedOut":
        this.#open.get(message.id)?.(message);
        this.#open.delete(message.id);
        break;
      case "ask":
        void ask(this.#provider).then((choice) =>
          this.#tell({ type: "answer", id: message.id, option: "option" in choice ? choice.option : null }),
        );
        break;
      case "expired":
        this.#move("expired");
        this.properties.emit("authentication:expired", null);
        break;
      case "restored":
        this.#move("restored");
        break;
      case "ended":
        this.#ended(source);
        break;
      case "state":
        this.properties.put("conversation:id", message.conversationId);
        this.properties.put("visitor:assurance", message.assurance);
        this.properties.put("conversation:unreadCount", message.unread);
        this.properties.put("chatbox:status", message.chatbox);
        this.#place(source);
        break;
      case "size":
        this.#size = message;
        this.#place(source);
        break;
      case "callback": {
        const callback = this.#surroundings.callback(message.name);
        if (typeof callback === "function") isolated(() => callback(message.context));
        break;
      }
    }
  }

  #ended(source: Promise<Widget>): void {
    this.#abandon();
    this.#provider = null;
    this.#move("ended");
    void source.then((widget) => widget.remove());
    this.#forget();
    this.properties.emit("authentication:logout", null);
  }

  #place(source: Promise<Widget>): void {
    const status = this.properties.get("chatbox:status");
    void source.then((widget) => {
      if (source !== this.#widget) return;
      if (status === "HIDDEN") {
        widget.hide();
        this.properties.put("app:boundaries", null);
      } else {
        const { width, height } = this.#size;
        const boundaries: Boundaries = widget.place(status === "OPENED", { width, height });
        this.properties.put("app:boundaries", boundaries);
      }
    });
  }
}
