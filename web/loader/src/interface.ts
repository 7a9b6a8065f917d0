/** `window.iAdvizeInterface` as the page sees it, put over the array that the snippet made. */
import { CONSENTS, isolated } from "./properties";
import type { Listener } from "./properties";
import type { Transaction } from "@signet/protocol";
import type { Provider, Tag } from "./tag";
import type { ActivationResult } from "./results";

/** What the snippet sets before the tag loads. */
export interface Config {
  sid?: unknown;
  lang?: unknown;
  useExplicitCookiesConsent?: unknown;
  /** CSS selectors of the page's own buttons: `{ online, busy, offline }`. */
  customButtons?: unknown;
  /** Origins of the brand's other domains: links that lead there take the conversation along. */
  crossDomains?: unknown;
}

/** What functions given to `push` receive. No member needs `this`. */
export interface Interface {
  config?: Config;
  push(...jobs: unknown[]): number;
  activate(provider: Provider, onResult?: (result: ActivationResult) => unknown): Promise<ActivationResult>;
  logout(): Promise<void>;
  get(property: string): unknown;
  set(property: string, value: unknown): void;
  on(event: string, listener: Listener): void;
  off(event: string, listener: Listener): void;
  navigate(screen: string): void;
  openChatbox(): void;
  closeChatbox(): void;
  recordTransaction(transaction: Transaction): void;
  /** A code with which a page of that origin goes on with this conversation, as `idzconvid`; `null` if there is none. */
  handOver(origin: string): Promise<string | null>;
  help(): void;
}

/** What the interface needs from outside. */
export interface InterfaceParts {
  tag: Tag;
  warn(text: string): void;
  /** The visitor's consent to cookies has changed. */
  consentChanged(): void;
  /** Runs targeting again, as after a page change. */
  restart(): void;
  /** Prints what there is. */
  help(): unknown;
}

/** Makes the members that are laid over the page's queue. */
export function createInterface({ tag, warn, consentChanged, restart, help }: InterfaceParts, self: () => Interface): Omit<Interface, "config"> {
  const { properties } = tag;
  let pushed = 0;
  const members: Omit<Interface, "config"> = {
    activate: tag.activate,
    logout: tag.logout,
    get: properties.get,
    on: properties.on,
    off: properties.off,
    set: (property, value) => {
      if (!Object.hasOwn(CONSENTS, property) || (value !== null && typeof value !== "boolean")) {
        warn(`cannot set ${property} to this`);
        return;
      }
      properties.put(property, value);
      consentChanged();
    },
    navigate: restart,
    openChatbox: () => tag.show(true),
    closeChatbox: () => tag.show(false),
    recordTransaction: tag.record,
    handOver: tag.handOver,
    help: () => isolated(help),
    push: (...jobs) => {
      for (const job of jobs) {
        pushed += 1;
        if (typeof job === "function") isolated(() => job(self()));
      }
      return pushed;
    },
  };
  return members;
}
