/**
 * Puts the tag over the page's queue.
 *
 * Takes over the array the snippet made, under both global names, in place: a reference the page took earlier is the
 * interface too. Loaded twice, the second copy finds that and does nothing. Of the page it touches these two globals
 * and reads `__signet`, `iAdvizeCallbacks` and `idzCustomData`.
 */
import type { Heard, Refusal, Widget } from "./frame";
import { createInterface } from "./interface";
import type { Config, Interface } from "./interface";
import { isolated } from "./properties";
import { createTag } from "./tag";
import type { Surroundings } from "./tag";

/** The globals of the page that concern the tag. */
export interface Page {
  iAdvizeInterface?: Queue;
  signetInterface?: Queue;
  iAdvizeCallbacks?: Record<string, unknown>;
  idzCustomData?: unknown;
  /** Written by the project's settings script. */
  __signet?: { project?: Settings };
}

/** What Signet says of the project to this page. */
export interface Settings extends Refusal {
  authenticatedMode?: string;
  /** What to change about a refusal. */
  advice?: string;
}

/** The snippet's array, before and after the tag has come. */
export type Queue = unknown[] & Partial<Interface>;

/** What few pages need, loaded when one does: see `companion.ts`. */
export interface Companion {
  /** Does what the configuration asks for, once however often it is called. */
  accompany(tag: Interface, config: Config): void;
  printHelp(tag: Interface, properties: string[]): void;
}

/** What the tag has the browser do. */
export interface Host {
  alone: Surroundings["alone"];
  tabs?: Surroundings["tabs"];
  loadCompanion(): Promise<Companion>;
  openWidget(sid: string, lang: unknown, persist: () => boolean, listener: (message: Heard) => void): Promise<Widget>;
  /** Loads the project's settings script. Must not reject. */
  loadSettings(sid: string): Promise<Settings | undefined>;
  /** Calls back when the visitor may have come back to the page, or moved inside it. */
  onReturn(action: () => void): void;
  warn(text: string): void;
}

const NAMES = ["iAdvizeInterface", "signetInterface"] as const;

/** Makes the page's queue the interface, runs what was queued and starts if nobody has to be waited for. */
export function install(page: Page, { alone, tabs, loadCompanion, openWidget, loadSettings, onReturn, warn }: Host): void {
  const queues = NAMES.map((name) => page[name]).filter((queue) => queue != null);
  if (queues.some((queue) => typeof queue.activate === "function")) return;
  const main = queues[0] ?? ([] as unknown as Queue);
  const jobs = queues.filter(Array.isArray).flatMap((queue: unknown[]) => queue.splice(0));
  const config = (): Config => Object.assign({}, ...queues.map((queue) => queue.config), main.config) as Config;
  const mayStore = (): boolean =>
    config().useExplicitCookiesConsent !== true || tag.properties.get("visitor:cookiesConsent") === true;

  const tag = createTag({
    alone,
    tabs,
    openWidget: (listener) => {
      const { sid, lang, customButtons, crossDomains } = config();
      if (customButtons || crossDomains) {
        isolated(async () => (await loadCompanion()).accompany(main as Interface, config()));
      }
      return openWidget(String(sid), lang, mayStore, listener);
    },
    callback: (name) => page.iAdvizeCallbacks?.[name],
    customData: () => {
      try {
        return `${JSON.stringify(page.idzCustomData)}`;
      } catch {
        return "";
      }
    },
    warn,
  });
  const start = (): void => {
    tag.revive();
    if (tag.phase !== "idle") return;
    const { sid } = config();
    if (!sid) {
      warn("iAdvizeInterface.config needs a sid");
      return;
    }
    void loadSettings(String(sid)).then((settings) => {
      // `ON` waits for `activate`; `OBSERVE` tries the mode out without changing what visitors see.
      if (!settings?.refused && ["OFF", "OBSERVE"].includes(settings?.authenticatedMode as string)) void tag.start();
    });
  };

  const members = createInterface(
    {
      tag,
      warn,
      consentChanged: () => tag.persist(mayStore()),
      restart: start,
      help: async () => (await loadCompanion()).printHelp(main as Interface, tag.properties.names()),
    },
    () => main as Interface,
  );
  for (const queue of [main, ...queues]) Object.assign(queue, members);
  for (const name of NAMES) page[name] = main;
  onReturn(tag.revive);
  members.push(...jobs);
  start();
}
