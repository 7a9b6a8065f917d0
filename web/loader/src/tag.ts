/**
 * The tag behind `window.iAdvizeInterface`: moves the activation through its state machine and talks to the widget.
 *
 * The provider's tokens pass through here to the widget; the session token never comes back. Whatever the page's own
 * functions do, `activate` and `logout` resolve.
 */
import { isAuthenticationOption } from "@signet/protocol";
import type { AuthenticationOption, ToLoader, ToWidget } from "@signet/protocol";
import type { Heard, Size, Widget } from "./frame";
import { isPhase, step } from "./machine";
import type { Phase, Refusal, Trigger } from "./machine";
import { isolated, Properties } from "./properties";
import { failed, OPTION_INVALID, PROVIDER_FAILED, REFUSALS, succeeded, unavailable } from "./results";
import type { ActivationResult, Failure } from "./results";

/** A function of the page that says who is signed in now. */
export type Provider = () => unknown;

/** What the tag needs from the page it runs in. */
export interface Surroundings {
  /** Opens the widget's iframe and connects it; rejects with a {@link Failure}. */
  openWidget(listener: (message: Heard) => void): Promise<Widget>;
  /** Members of `window.iAdvizeCallbacks`, looked up at the moment of the call. */
  callback(name: string): unknown;
  /** Whether the page also names the visitor by `idzCustomData.extID`. */
  namesVisitor(): boolean;
  warn(text: string): void;
}

/** A provider that takes longer has failed. */
const PROVIDER_PATIENCE = 30_000;
/** How often a widget that owes an answer is looked for, milliseconds. */
const CHECK = 1_000;

type Choice = { option: AuthenticationOption } | { failure: Failure; returned: unknown };
type Reply = Extract<ToLoader, { type: "activated" | "refused" | "loggedOut" }>;

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

/** See the module's description. */
export class Tag {
  readonly properties = new Properties();
  readonly #surroundings: Surroundings;
  #phase: Phase = "idle";
  #provider: unknown = null;
  #widget: Promise<Widget> | null = null;
  /** The same, once it is connected. */
  #shown: Widget | null = null;
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
    this.#shown?.check();
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
      if (!reply) throw reply;
    } catch {
      this.#surroundings.warn("sign-out: the chat cannot be reached");
    }
    this.#forget();
    this.#move("loggedOut");
    this.properties.emit("authentication:logout", null);
  }

  /** `iAdvize.openChatbox` and `closeChatbox`. Before an activation there is nothing to show; one under way is heard. */
  readonly show = (opened: boolean): void => {
    this.revive();
    this.#tell({ type: opened ? "open" : "close" });
  };

  /**
   * Opens the chat again if the page has thrown it away, as sites do that swap their body. Its session is gone, so the
   * provider says anew who is there. Once: a page that does it again and again is not followed.
   */
  readonly revive = (): void => {
    this.#shown?.check();
    const provider = this.#provider;
    if (!provider || this.#phase !== "loggedOut") return;
    this.#provider = null;
    void this.activate(provider);
  };

  /** Tells the widget whether it may store on this device. */
  readonly persist = (allowed: boolean): void => this.#tell({ type: "persist", allowed });

  async #attempt(provider: unknown, trigger: "activate" | "start"): Promise<ActivationResult> {
    this.#shown?.check();
    while (step(this.#phase, trigger) === "WAIT") await new Promise<void>((resume) => this.#waiting.push(resume));
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
    // The chat loads while the provider answers.
    const result = await this.#login(provider, this.#connect(), this.#generation);
    // `authentication:success` or `authentication:failure`.
    this.properties.emit(result.authentication.status.replace("-", ":"), result);
    return result;
  }

  async #login(provider: unknown, opening: Promise<Widget>, generation: number): Promise<ActivationResult> {
    const overtaken = (): boolean => generation !== this.#generation;
    const refuse = (option: unknown, failure: Failure): ActivationResult => {
      if (overtaken()) return failed(option, unavailable("the chat was closed"));
      this.#move("refused");
      return failed(option, failure);
    };
    const choice = await ask(provider);
    if ("failure" in choice) return refuse(choice.returned, choice.failure);
    const { option } = choice;
    if (option.type === "ANONYMOUS" && step(this.#phase, "choseAnonymous") === "ALREADY_ACTIVATED") {
      return refuse(option, REFUSALS.ALREADY_ACTIVATED);
    }
    const widget = await opening.catch((failure: Failure) => failure);
    if (overtaken() || "code" in widget) return refuse(option, widget as Failure);
    // A sign-out, or the loss of the widget, settles what is open with `null`: an answer is never one that was overtaken.
    // The chat may ask for another token before it answers: a lost answer does not bring the first one back.
    const former = this.#provider;
    this.#provider = provider;
    const reply = await this.#request(widget, (id) => ({ type: "activate", id, option }));
    if (reply?.type !== "activated") {
      if (!overtaken()) this.#provider = former;
      return refuse(option, reply as Failure);
    }
    this.#move(option.type === "ANONYMOUS" ? "acceptedAnonymous" : "acceptedSecured");
    if (option.type !== "ANONYMOUS" && this.#surroundings.namesVisitor()) {
      this.#surroundings.warn("idzCustomData.extID is ignored: the token says who this is");
    }
    return succeeded(option);
  }

  #move(trigger: Trigger): void {
    const outcome = step(this.#phase, trigger);
    if (!isPhase(outcome)) return;
    this.#phase = outcome;
    for (const resume of this.#waiting.splice(0)) resume();
  }

  #connect(): Promise<Widget> {
    if (this.#widget) return this.#widget;
    const opening: Promise<Widget> = this.#surroundings.openWidget((message) => this.#receive(message, opening));
    opening.then(
      (widget) => {
        if (this.#widget === opening) this.#shown = widget;
        this.properties.put("tag:version", "FULL");
      },
      () => {
        if (this.#widget === opening) this.#widget = null;
      },
    );
    return (this.#widget = opening);
  }

  #tell(message: ToWidget): void {
    this.#widget?.then((widget) => widget.post(message)).catch(() => undefined);
  }

  #request(widget: Widget, message: (id: number) => ToWidget): Promise<Reply | null> {
    const id = (this.#questions += 1);
    return new Promise((resolve) => {
      const timer = setInterval(widget.check, CHECK);
      this.#open.set(id, (reply) => {
        clearInterval(timer);
        resolve(reply);
      });
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
    this.#widget = this.#shown = null;
    this.properties.reset();
  }

  #receive(message: Heard, source: Promise<Widget>): void {
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
      case "restored":
        this.#move(message.type);
        if (message.type === "expired") this.properties.emit("authentication:expired", null);
        break;
      case "ended":
        this.#provider = null;
        this.#end(source);
        this.properties.emit("authentication:logout", null);
        break;
      case "lost":
        this.#end(source);
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

  #end(source: Promise<Widget>): void {
    this.#abandon();
    this.#move("ended");
    void source.then((widget) => widget.remove());
    this.#forget();
  }

  #place(source: Promise<Widget>): void {
    const status = this.properties.get("chatbox:status");
    void source.then((widget) => {
      if (source !== this.#widget) return;
      const place = status === "HIDDEN" ? widget.hide() : widget.place(status === "OPENED", this.#size);
      this.properties.put("app:boundaries", place);
    });
  }
}
