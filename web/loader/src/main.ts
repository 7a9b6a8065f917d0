/** The tag's entry: served as `/iadvize.js` and `/signet.js`. Adds one script at a time, and one iframe, to the page. */
import { openWidget } from "./frame";
import { install } from "./page";
import type { Companion, Page, Settings } from "./page";

function warn(text: string): void {
  console.warn(`[signet] ${text}`);
}

/** Where this script came from is where Signet is. */
function findOrigin(): string | null {
  const script = (document.currentScript ??
    document.querySelector('script[src*="/iadvize.js"],script[src*="/signet.js"]')) as HTMLScriptElement | null;
  return script?.src ? new URL(script.src).origin : null;
}

const page: Page = window as Page;
const origin = findOrigin();

/** Loads a script of Signet's. As a module, it needs neither a nonce nor a Trusted Types policy of the page's. */
const load = (path: string): Promise<unknown> => import(/* @vite-ignore */ origin + path);

/** A script and not a request: the page's policy may name Signet in `script-src` alone. Asked each time, not remembered. */
const loadSettings = (sid: string): Promise<Settings | undefined> =>
  load(`/visitor/v1/tag/${encodeURIComponent(sid)}.js?origin=${location.origin}#${Date.now()}`).then(
    () => {
      const settings = page.__signet?.project;
      if (settings?.refused) console.error(`[signet] ${settings.advice}`);
      return settings;
    },
    () => undefined,
  );

if (origin) {
  install(page, {
    warn,
    loadSettings,
    // Without locks (old browsers, sites without TLS) every tab asks when it likes.
    alone: (work) => navigator.locks?.request("signet", work).catch(work) ?? work(),
    tabs: globalThis.BroadcastChannel && new BroadcastChannel("signet"),
    loadCompanion: () => load("/companion.js") as Promise<Companion>,
    openWidget: (sid, lang, persist, listener) =>
      openWidget({
        origin,
        sid,
        language: String(lang || document.documentElement.lang || navigator.language),
        handOver: new URLSearchParams(location.search).get("idzconvid"),
        persist,
        listener,
        findRefusal: () => loadSettings(sid),
      }),
    onReturn: (action) => ["visibilitychange", "popstate", "online"].forEach((event) => addEventListener(event, action)),
  });
} else {
  warn("cannot find the tag's script");
}
