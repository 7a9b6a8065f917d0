/**
 * The tag's entry: served as `/iadvize.js` and `/signet.js`.
 *
 * Takes over the queue the snippet made, under both global names, in place: a reference the page took earlier is the
 * interface too. Loaded twice, the second copy finds that and does nothing. Of the page it touches these two globals
 * and `__signet`, and adds one script (only when no activation was asked for) and one iframe.
 */
import { openWidget } from "./frame";
import { createInterface } from "./interface";
import type { Config, Interface } from "./interface";
import { Tag } from "./tag";

interface Page {
  iAdvizeInterface?: Queue;
  signetInterface?: Queue;
  iAdvizeCallbacks?: Record<string, unknown>;
  idzCustomData?: { extID?: unknown };
  __signet?: { project?: { authenticatedMode?: unknown } };
}
type Queue = unknown[] & Partial<Interface>;

const NAMES = ["iAdvizeInterface", "signetInterface"] as const;

function warn(text: string): void {
  console.warn(`[signet] ${text}`);
}

/** Where this script came from is where Signet is. */
function findOrigin(): string | null {
  const current = document.currentScript;
  const script =
    current instanceof HTMLScriptElement
      ? current
      : document.querySelector<HTMLScriptElement>('script[src*="/iadvize.js"], script[src*="/signet.js"]');
  return script?.src ? new URL(script.src).origin : null;
}

function run(page: Page, origin: string): void {
  const queues = NAMES.map((name) => page[name]).filter((queue) => typeof queue === "object" && queue !== null);
  if (queues.some((queue) => typeof queue.activate === "function")) return;
  const main = queues[0] ?? ([] as unknown as Queue);
  const jobs = queues.filter(Array.isArray).flatMap((queue: unknown[]) => queue.splice(0));
  const config = (): Config => Object.assign({}, ...queues.map((queue) => queue.config), main.config) as Config;

  const mayStore = (): boolean =>
    config().useExplicitCookiesConsent !== true || tag.properties.get("visitor:cookiesConsent") === true;
  const tag = new Tag({
    openWidget: (listener) => {
      const { sid, lang } = config();
      return openWidget({
        origin,
        sid: String(sid),
        language: String(lang || document.documentElement.lang || navigator.language || "en"),
        persist: mayStore,
        listener,
      });
    },
    callback: (name) => page.iAdvizeCallbacks?.[name],
    namesVisitor: () => Boolean(page.idzCustomData?.extID),
    warn,
  });

  const start = (): void => {
    if (tag.phase !== "idle") return;
    const { sid } = config();
    if (typeof sid !== "string" || sid === "") {
      warn("iAdvizeInterface.config needs a sid");
      return;
    }
    const script = document.createElement("script");
    script.src = `${origin}/visitor/v1/tag/${encodeURIComponent(sid)}.js`;
    script.onload = () => {
      script.remove();
      // `ON` waits for `activate`; `OBSERVE` tries the mode out without changing what visitors see.
      if (["OFF", "OBSERVE"].includes(page.__signet?.project?.authenticatedMode as string)) void tag.start();
    };
    document.head.append(script);
  };

  const members = createInterface(
    { tag, warn, consentChanged: () => tag.persist(mayStore()), restart: start },
    () => main as Interface,
  );
  for (const queue of queues.length > 0 ? queues : [main]) Object.assign(queue, members);
  for (const name of NAMES) page[name] = main;
  members.push(...jobs);
  start();
}

const origin = findOrigin();
if (origin) run(window as Page, origin);
else warn("the tag cannot find its own script element");
