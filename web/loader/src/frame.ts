/**
 * The widget's iframe: made, connected, placed and removed here.
 *
 * One window message goes out, to Signet's exact origin and to the very window just made, and carries one end of a
 * `MessageChannel`. All else comes and goes over the channel and is checked before use. Styles are set property by
 * property (CSSOM), which a strict `style-src` allows, and with priority, so the page's style sheets cannot reach them.
 *
 * The iframe always has the open panel's size; closed, all but the launcher is clipped away, for the eye and for the
 * pointer. Opening thus moves nothing: no layout shift on the page, no second layout inside.
 */
import { isRightToLeft, isToLoader } from "@signet/protocol";
import type { Connect, ToLoader, ToWidget } from "@signet/protocol";

/** A connected widget. */
export interface Widget {
  post(message: ToWidget): void;
  /** Room for the launcher, or for the open panel. */
  place(opened: boolean, size: Size): Boundaries;
  /** Takes the widget out of view and reach without ending it. */
  hide(): void;
  remove(): void;
}

/** CSS pixels. */
export interface Size {
  width: number;
  height: number;
}

/** Where the chat stands, as `app:boundaries` tells. */
export interface Boundaries extends Size {
  bottom: number;
  left?: number;
  right?: number;
}

/** The corner at the end of the line in the reader's direction. */
type Side = "left" | "right";

/** What the frame needs to know. */
export interface FrameOptions {
  /** Signet's origin, taken from the script's own address. */
  origin: string;
  sid: string;
  language: string;
  persist(): boolean;
  listener(message: ToLoader): void;
}

/** Panel of 384 × 640 with room for its shadow. */
const PANEL: Size = { width: 416, height: 672 };
const RETRIES = 3;
const PATIENCE = 8_000;

/** Small screens give the open chat all their room. */
const SMALL = "(max-width:480px),(max-height:420px)";

function style(element: HTMLElement, rules: Record<string, string>): void {
  for (const [property, value] of Object.entries(rules)) element.style.setProperty(property, value, "important");
}

/** Makes the iframe and connects it, trying three more times if Signet does not answer. Rejects after that. */
export async function openWidget(options: FrameOptions): Promise<Widget> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await connect(options);
    } catch (error) {
      if (attempt === RETRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** attempt * (0.5 + Math.random() / 2)));
    }
  }
}

/** The iframe, out of sight. */
function createFrame({ origin, sid }: FrameOptions, side: Side): HTMLIFrameElement {
  const frame = document.createElement("iframe");
  frame.src = `${origin}/widget?project=${encodeURIComponent(sid)}`;
  frame.title = "Chat";
  frame.allow = "";
  // Which page of the brand the visitor reads is not Signet's business.
  frame.referrerPolicy = "origin";
  style(frame, {
    // Whatever the page says of iframes.
    all: "initial",
    // Not inherited from the page, so that a transparent frame stays transparent in dark mode.
    "color-scheme": "light dark",
    position: "fixed",
    bottom: "0",
    [side]: "0",
    "z-index": "2147483000",
    visibility: "hidden",
  });
  return frame;
}

/** Gives the frame its size and cuts away what is not the chat's. */
function place(frame: HTMLIFrameElement, side: Side, sheet: boolean, opened: boolean, room: Size): Boundaries {
  const cut = `calc(100% - ${room.width}px)`;
  style(frame, {
    width: sheet ? "100%" : `min(${PANEL.width}px, 100vw)`,
    height: sheet ? "100dvh" : `min(${PANEL.height}px, 100vh)`,
    "clip-path": opened
      ? "none"
      : `inset(calc(100% - ${room.height}px) ${side === "left" ? cut : 0} 0 ${side === "left" ? 0 : cut})`,
    visibility: "visible",
  });
  const { width, height } = opened ? frame.getBoundingClientRect() : room;
  return { width, height, bottom: 0, [side]: 0 };
}

function connect(options: FrameOptions): Promise<Widget> {
  const side = isRightToLeft(options.language) ? "left" : "right";
  const frame = createFrame(options, side);
  const small = matchMedia(SMALL);
  const { port1: port, port2 } = new MessageChannel();
  let opened = false;
  let room: Size = { width: 1, height: 1 };

  const post = (message: ToWidget): void => port.postMessage(message);
  const settle = (): Boundaries => place(frame, side, small.matches, opened, room);
  const resized = (): void => {
    post({ type: "layout", sheet: small.matches });
    if (frame.style.visibility === "visible") settle();
  };
  const widget: Widget = {
    post,
    remove: () => {
      small.removeEventListener("change", resized);
      port.close();
      frame.remove();
    },
    hide: () => style(frame, { visibility: "hidden" }),
    place: (nowOpened, size) => {
      opened = nowOpened;
      room = size;
      return settle();
    },
  };

  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      widget.remove();
      reject(new Error("no answer"));
    }, PATIENCE);
    frame.onload = () => {
      frame.onload = null;
      const { language, persist, origin } = options;
      const hello: Connect = { signet: "connect", language, persist: persist(), sheet: small.matches };
      frame.contentWindow?.postMessage(hello, origin, [port2]);
    };
    port.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (!isToLoader(data)) return;
      if (data.type === "ready") {
        clearTimeout(timer);
        small.addEventListener("change", resized);
        resolve(widget);
      } else {
        options.listener(data);
      }
    };
    (document.body ?? document.documentElement).append(frame);
  });
}
