/** The tag's entry: served as `/iadvize.js` and `/signet.js`. Adds one script at most, and one iframe, to the page. */
import { openWidget } from "./frame";
import { install } from "./page";
import type { Page } from "./page";

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

const origin = findOrigin();
if (origin) {
  install(window as Page, {
    warn,
    openWidget: (sid, lang, persist, listener) =>
      openWidget({
        origin,
        sid,
        language: String(lang || document.documentElement.lang || navigator.language || "en"),
        persist,
        listener,
      }),
    loadSettings: (sid, loaded) => {
      const script = document.createElement("script");
      script.src = `${origin}/visitor/v1/tag/${encodeURIComponent(sid)}.js`;
      script.onload = () => {
        script.remove();
        loaded();
      };
      document.head.append(script);
    },
  });
} else {
  warn("the tag cannot find its own script element");
}
