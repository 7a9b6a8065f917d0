/** The tag's entry: served as `/iadvize.js` and `/signet.js`. Adds one script at a time, and one iframe, to the page. */
import { openWidget } from "./frame";
import { install } from "./page";
import type { Page, Settings } from "./page";

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

/** A script and not a request: the page's policy may name Signet in `script-src` alone. */
function loadSettings(sid: string): Promise<Settings | undefined> {
  return new Promise((resolve) => {
    const script = document.createElement("script");
    script.src = `${origin}/visitor/v1/tag/${encodeURIComponent(sid)}.js?origin=${location.origin}`;
    script.onload = script.onerror = () => {
      script.remove();
      const settings = page.__signet?.project;
      if (settings?.refused) console.error(`[signet] ${settings.advice}`);
      resolve(settings);
    };
    document.head.append(script);
  });
}

if (origin) {
  install(page, {
    warn,
    loadSettings,
    openWidget: (sid, lang, persist, listener) =>
      openWidget({
        origin,
        sid,
        language: String(lang || document.documentElement.lang || navigator.language),
        persist,
        listener,
        findRefusal: () => loadSettings(sid),
      }),
    onReturn: (action) => ["visibilitychange", "popstate"].forEach((event) => addEventListener(event, action)),
  });
} else {
  warn("cannot find the tag's script");
}
