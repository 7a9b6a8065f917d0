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
import { isToLoader } from "@signet/protocol";
import type { Connect, ToLoader, ToWidget } from "@signet/protocol";
import { unavailable } from "./results";
import type { Failure } from "./results";

/** What the tag hears: the widget, or that it is gone. */
export type Heard =
  | ToLoader
  /** The page has thrown the iframe away, or moved it, which reloads it: session and thread went with it. */
  | { type: "lost" };

/** A code, if this page cannot have a chat, and the sentence that goes with it. */
export interface Refusal {
  refused?: string;
  reason?: string;
}

/** A connected widget. */
export interface Widget {
  post(message: ToWidget): void;
  /** Room for the launcher, or for the open panel. */
  place(opened: boolean, size: Size): Boundaries;
  /** Takes the widget out of view and reach without ending it. Gives its boundaries: none. */
  hide(): null;
  /** Looks whether the iframe is still there, for browsers that don't tell (`close` of a `MessagePort`). */
  check(): void;
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

type Side = "left" | "right";

/** What the frame needs to know. */
export interface FrameOptions {
  /** Signet's origin, taken from the script's own address. */
  origin: string;
  sid: string;
  language: string;
  /** The code that a link from another of the brand's domains brought. */
  handOver: string | null;
  persist(): boolean;
  listener(message: Heard): void;
  /** Why this page cannot have a chat, if Signet says so. Must not reject. */
  findRefusal(): Promise<Refusal | undefined>;
}

const RETRIES = 3;
/** What all tries together may take, milliseconds. */
const PATIENCE = 12_000;
/** A frame that takes longer to load is tried again. */
const LOADING = 8_000;
/** A loaded frame answers at once. One that may not be framed here, or could not be loaded, is loaded too, and mute. */
const ANSWERING = 2_000;

/** Small screens give the open chat all their room. */
const SMALL = "(max-width:480px),(max-height:420px)";

function style(element: HTMLElement, rules: Record<string, string>): void {
  for (const [property, value] of Object.entries(rules)) element.style.setProperty(property, value, "important");
}

/**
 * Makes the iframe and connects it, trying three more times if Signet does not answer. Rejects with a {@link Failure}: that
 * which Signet gives, asked for as soon as the frame stays mute, or else that it cannot be reached.
 */
export async function openWidget(options: FrameOptions): Promise<Widget> {
  const end = Date.now() + PATIENCE;
  let asked: Promise<Refusal | undefined> | undefined;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await connect(options, Math.min(LOADING, end - Date.now()));
    } catch {
      const pause = new Promise<undefined>((resolve) =>
        setTimeout(resolve, attempt < RETRIES ? 250 * 2 ** attempt * (1 + Math.random()) : 0),
      );
      asked ??= options.findRefusal();
      const found = await Promise.race([pause, asked.then((answer) => (answer?.refused ? answer : pause))]);
      if (found) throw { code: found.refused, reason: found.reason } as Failure;
      if (attempt === RETRIES || Date.now() > end) throw unavailable("the chat could not be loaded");
    }
  }
}

/** The iframe, out of sight. */
function createFrame({ origin, sid }: FrameOptions): HTMLIFrameElement {
  const frame = document.createElement("iframe");
  frame.src = `${origin}/widget?project=${encodeURIComponent(sid)}`;
  frame.title = "Chat";
  // Which page of the brand the visitor reads is not Signet's business.
  frame.referrerPolicy = "origin";
  style(frame, {
    // Whatever the page says of iframes.
    all: "initial",
    // Not inherited from the page, so that a transparent frame stays transparent in dark mode.
    "color-scheme": "light dark",
    position: "fixed",
    bottom: "0",
    "max-width": "100%",
    "max-height": "100%",
    "z-index": "2147483000",
    visibility: "hidden",
  });
  return frame;
}

/** Gives the frame its size and cuts away what is not the chat's. */
function place(frame: HTMLIFrameElement, side: Side, sheet: boolean, opened: boolean, room: Size): Boundaries {
  const cut = `calc(100% - ${room.width}px)`;
  style(frame, {
    [side]: "0",
    // A panel of 384 × 640 with room for its shadow.
    width: sheet ? "100%" : "416px",
    height: sheet ? "100dvh" : "672px",
    "clip-path": opened
      ? "none"
      : `inset(calc(100% - ${room.height}px) ${side === "left" ? cut : 0} 0 ${side === "left" ? 0 : cut})`,
    visibility: "visible",
  });
  const { width, height } = opened ? frame.getBoundingClientRect() : room;
  return { width, height, bottom: 0, [side]: 0 };
}

function connect(options: FrameOptions, patience: number): Promise<Widget> {
  const frame = createFrame(options);
  const small = matchMedia(SMALL);
  const { port1: port, port2 } = new MessageChannel();
  /** The corner at the end of the line; the widget knows its language's direction. */
  let side: Side = "right";
  let opened = false;
  let room: Size = { width: 1, height: 1 };
  let gone: () => void;

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
    hide: () => {
      style(frame, { visibility: "hidden" });
      return null;
    },
    check: () => frame.isConnected || gone(),
    place: (nowOpened, size) => {
      opened = nowOpened;
      room = size;
      return settle();
    },
  };

  return new Promise((resolve, reject) => {
    gone = () => {
      widget.remove();
      reject();
    };
    const giveUp = (): void => gone();
    let timer = setTimeout(giveUp, patience);
    frame.onload = () => {
      // A second load: the page has moved the frame.
      frame.onload = giveUp;
      clearTimeout(timer);
      timer = setTimeout(giveUp, ANSWERING);
      const { language, persist, origin, handOver } = options;
      const hello: Connect = { signet: "connect", language, handOver, persist: persist(), sheet: small.matches };
      frame.contentWindow?.postMessage(hello, origin, [port2]);
    };
    port.addEventListener("close", giveUp);
    port.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (!isToLoader(data)) return;
      if (data.type === "ready") {
        clearTimeout(timer);
        if (data.rightToLeft) side = "left";
        gone = () => options.listener({ type: "lost" });
        small.addEventListener("change", resized);
        resolve(widget);
      } else {
        options.listener(data);
      }
    };
    (document.body ?? document.documentElement).append(frame);
  });
}
