/**
 * What few pages need, loaded when one asks for it: the page's own buttons, links to the brand's other domains, and `help()`.
 * Served as `/companion.js`. Uses nothing but the interface every page has.
 *
 * Custom buttons (`config.customButtons`, CSS selectors `online`, `busy` and `offline`): one of the three kinds is shown, the
 * others have `display: none`. A click opens the chat. `data-idz-chatbox-status`, `data-idz-conversation-status` and
 * `data-idz-unread-message-count` say how the chat stands, for the page's style sheet.
 *
 * Links (`config.crossDomains`, origins): a link that leads to one of them gets a one-time code as `idzconvid`, fetched when
 * somebody is about to follow it. What the page itself wrote there, a conversation's id, is taken out: it opens nothing.
 */
import type { Config, Interface } from "./interface";

/** Selectors of the page's own buttons. */
interface Buttons {
  online?: unknown;
  busy?: unknown;
  offline?: unknown;
}

/** A code lives for 60 s: one that is older than this is asked for anew. */
const FRESH = 45_000;
const PARAMETER = "idzconvid";

/** `iAdvize.help()`. */
export function printHelp(tag: Interface, properties: string[]): void {
  const methods = Object.entries(tag).filter(([, member]) => typeof member === "function");
  console.info(`methods: ${methods.map(([name]) => `${name}()`).join(" ")}
properties, for get() and set(), each with an event <property>Change for on() and off(): ${properties.join(" ")}
events: authentication:success authentication:failure authentication:expired authentication:logout
example: iAdvize.activate(async () => ({ authenticationOption: { type: 'SECURED_AUTHENTICATION', token: await fetchToken() } }))`);
}

let accompanied = false;

/** Serves a page for as long as it lives. */
export function accompany(tag: Interface, config: Config): void {
  if (accompanied) return;
  accompanied = true;
  if (config.customButtons) serveButtons(tag, config.customButtons as Buttons);
  if (Array.isArray(config.crossDomains)) serveLinks(tag, config.crossDomains.map(String));
}

function select(selector: unknown): HTMLElement[] {
  if (typeof selector !== "string" || selector === "") return [];
  return [...document.querySelectorAll<HTMLElement>(selector)];
}

function serveButtons(tag: Interface, { online, busy, offline }: Buttons): void {
  const draw = (): void => {
    const status = tag.get("chatbox:status");
    const there = status !== "HIDDEN";
    for (const [selector, visible] of [[online, there], [busy, false], [offline, !there]] as const) {
      for (const button of select(selector)) {
        if (visible) button.style.removeProperty("display");
        else button.style.setProperty("display", "none");
        // A page hides what is not yet to be seen in its own style sheet.
        if (visible && getComputedStyle(button).display === "none") button.style.setProperty("display", "inline-block");
        button.dataset["idzChatboxStatus"] = status === "OPENED" ? "OPEN" : "REDUCED";
        if (selector !== online) continue;
        button.dataset["idzConversationStatus"] = tag.get("conversation:id") === null ? "NOT_ONGOING" : "ONGOING";
        button.dataset["idzUnreadMessageCount"] = String(tag.get("conversation:unreadCount"));
      }
    }
  };
  for (const property of ["chatbox:status", "conversation:id", "conversation:unreadCount"]) tag.on(`${property}Change`, draw);
  // Buttons may come with a page that is drawn later; looked for once a frame, however much changes.
  let due = false;
  const drawSoon = (): void => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      draw();
    });
  };
  new MutationObserver(drawSoon).observe(document.documentElement, { childList: true, subtree: true });
  document.addEventListener("click", ({ target }) => {
    if (target instanceof Element && select(online).some((button) => button.contains(target))) tag.openChatbox();
  });
  draw();
}

function serveLinks(tag: Interface, origins: readonly string[]): void {
  const codes = new Map<string, { code: string | null; at: number }>();
  const asking = new Set<string>();
  const linkOf = ({ target }: Event): HTMLAnchorElement | null => {
    const link = target instanceof Element ? target.closest<HTMLAnchorElement>("a[href]") : null;
    return link && origins.includes(link.origin) && link.origin !== location.origin ? link : null;
  };
  const prepare = (event: Event): void => {
    const origin = linkOf(event)?.origin;
    if (!origin || asking.has(origin) || Date.now() - (codes.get(origin)?.at ?? 0) < FRESH) return;
    asking.add(origin);
    void tag.handOver(origin).then((code) => {
      asking.delete(origin);
      codes.set(origin, { code, at: Date.now() });
    });
  };
  const follow = (event: Event): void => {
    const link = linkOf(event);
    if (!link) return;
    const held = codes.get(link.origin);
    const url = new URL(link.href);
    url.searchParams.delete(PARAMETER);
    if (held?.code && Date.now() - held.at < FRESH) url.searchParams.set(PARAMETER, held.code);
    // Good once: the next click needs another.
    codes.delete(link.origin);
    link.href = url.href;
  };
  for (const type of ["pointerover", "focusin", "touchstart"]) document.addEventListener(type, prepare, { capture: true, passive: true });
  for (const type of ["click", "auxclick"]) document.addEventListener(type, follow, { capture: true });
}
