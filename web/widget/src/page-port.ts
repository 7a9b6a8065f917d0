/**
 * The widget's end of the channel to the tag: hears commands, asks the page's provider, and tells what the page may know.
 *
 * The page is told of changes once each; a question that was asked is answered, or abandoned when the person it concerned is gone.
 */
import { isToWidget } from "@signet/protocol";
import type { AuthenticationOption, CallbackName, ChatboxStatus, PublicState, ToLoader, ToWidget } from "@signet/protocol";

/** What the tag commands; answers to questions are not among it. */
export type Command = Exclude<ToWidget, { type: "answer" }>;

/** See the module's description. */
export class PagePort {
  readonly #port: MessagePort;
  readonly #questions = new Map<number, (option: AuthenticationOption | null) => void>();
  #asked = 0;
  #told = "";
  #status: ChatboxStatus = "HIDDEN";

  constructor(port: MessagePort, obey: (command: Command) => void) {
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (!isToWidget(data)) return;
      if (data.type !== "answer") return obey(data);
      this.#questions.get(data.id)?.(data.option);
      this.#questions.delete(data.id);
    };
  }

  post(message: ToLoader): void {
    this.#port.postMessage(message);
  }

  /** Has a function of the page's called, if there is one. */
  callback(name: CallbackName, context: Record<string, unknown>): void {
    this.post({ type: "callback", name, context });
  }

  /** Asks the page's provider. */
  ask(): Promise<AuthenticationOption | null> {
    const id = (this.#asked += 1);
    return new Promise((resolve) => {
      this.#questions.set(id, resolve);
      this.post({ type: "ask", id });
    });
  }

  /** Nobody waits for an answer that will not come, least of all the other tabs. */
  abandon(): void {
    for (const settle of this.#questions.values()) settle(null);
    this.#questions.clear();
  }

  /** What the page may know now. */
  show(properties: PublicState): void {
    const told = JSON.stringify(properties);
    if (told === this.#told) return;
    this.#told = told;
    this.post({ type: "state", properties });
    const status = properties["chatbox:status"];
    if (status === this.#status) return;
    this.#status = status;
    if (status === "OPENED") this.callback("onChatDisplayed", {});
    if (status === "REDUCED") this.callback("onChatButtonDisplayed", {});
  }
}
