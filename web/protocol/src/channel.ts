/**
 * What the loader (on the brand's page) and the widget (in an iframe on Signet's origin) say to each other.
 *
 * One window message, {@link Connect}, hands the widget its end of a `MessageChannel`; everything else goes over that
 * channel. Both sides check every message against the shapes below before looking at it. The session token appears in
 * none of them: it must not leave the iframe.
 */
import type { Assurance, AuthenticationOption } from "./visitor";

/** The loader's only window message, sent to the widget's exact origin with one port. */
export interface Connect {
  signet: "connect";
  /** BCP 47 tag of the language to speak. */
  language: string;
  /** Whether the visitor allows storing on this device. */
  persist: boolean;
  /** Whether an open panel covers the whole screen. */
  sheet: boolean;
}

/** How the chat stands on the page. */
export type ChatboxStatus = "HIDDEN" | "REDUCED" | "OPENED";

/** Members of `window.iAdvizeCallbacks` the widget can cause to be called. */
export type CallbackName =
  | "onChatDisplayed"
  | "onChatHidden"
  | "onChatButtonDisplayed"
  | "onChatStarted"
  | "onChatEnded"
  | "onMessageReceived"
  | "onMessageSent";

/** Values behind the loader's readable properties. */
export interface PublicState {
  conversationId: string | null;
  assurance: Assurance | null;
  chatbox: ChatboxStatus;
  unread: number;
}

/** From the loader to the widget. `id` pairs a question with its answer. */
export type ToWidget =
  | { type: "activate"; id: number; option: AuthenticationOption }
  | { type: "answer"; id: number; option: AuthenticationOption | null }
  | { type: "logout"; id: number }
  | { type: "open" }
  | { type: "close" }
  | { type: "layout"; sheet: boolean }
  | { type: "persist"; allowed: boolean };

/** From the widget to the loader. */
export type ToLoader =
  | { type: "ready" }
  | { type: "activated"; id: number; assurance: Assurance }
  | { type: "refused"; id: number; reason: string; code: string; correlationId: string | null }
  /** The session wants a fresh token: ask the provider, reply with `answer`. */
  | { type: "ask"; id: number }
  /** The session's time has passed without a new proof. */
  | { type: "expired" }
  /** The same person proved identity again. */
  | { type: "restored"; assurance: Assurance }
  /** The session was ended elsewhere: another tab, the brand, an administrator. */
  | { type: "ended" }
  /** Everything is wiped. Not yet `revoked`: the network was down, the widget keeps trying. */
  | { type: "loggedOut"; id: number; revoked: boolean }
  | { type: "revoked" }
  | ({ type: "state" } & PublicState)
  /** Room the launcher needs, in CSS pixels. */
  | { type: "size"; width: number; height: number }
  | { type: "callback"; name: CallbackName; context: Record<string, unknown> };

type Check = (value: unknown) => boolean;
type Shape = Record<string, Check>;

const isText: Check = (value) => typeof value === "string";
const isNumber: Check = Number.isFinite;
const isFlag: Check = (value) => typeof value === "boolean";
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const oneOf =
  (...values: string[]): Check =>
  (value) =>
    values.includes(value as string);

const isAssurance = oneOf("ANONYMOUS", "CLAIMED", "VERIFIED");

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is one of the two forms of `authenticationOption`, its token not empty. */
export function isAuthenticationOption(value: unknown): value is AuthenticationOption {
  return (
    isRecord(value) &&
    (value["type"] === "ANONYMOUS" ||
      (value["type"] === "SECURED_AUTHENTICATION" && isText(value["token"]) && value["token"] !== ""))
  );
}

const TO_WIDGET: Record<ToWidget["type"], Shape> = {
  activate: { id: isNumber, option: isAuthenticationOption },
  answer: { id: isNumber, option: orNull(isAuthenticationOption) },
  logout: { id: isNumber },
  open: {},
  close: {},
  layout: { sheet: isFlag },
  persist: { allowed: isFlag },
};

const TO_LOADER: Record<ToLoader["type"], Shape> = {
  ready: {},
  activated: { id: isNumber, assurance: isAssurance },
  refused: { id: isNumber, reason: isText, code: isText, correlationId: orNull(isText) },
  ask: { id: isNumber },
  expired: {},
  restored: { assurance: isAssurance },
  ended: {},
  loggedOut: { id: isNumber, revoked: isFlag },
  revoked: {},
  state: {
    conversationId: orNull(isText),
    assurance: orNull(isAssurance),
    chatbox: oneOf("HIDDEN", "REDUCED", "OPENED"),
    unread: isNumber,
  },
  size: { width: isNumber, height: isNumber },
  callback: {
    // By their form: the loader has no bytes to spare for the list.
    name: (value) => isText(value) && /^on(Chat|Message)\w+$/.test(value as string),
    context: isRecord,
  },
};

function hasShape(value: unknown, shapes: Record<string, Shape>): boolean {
  if (!isRecord(value) || !isText(value["type"])) return false;
  const type = value["type"] as string;
  return Object.hasOwn(shapes, type) && Object.entries(shapes[type] as Shape).every(([field, check]) => check(value[field]));
}

/** Whether a window message is the loader's {@link Connect}. */
export function isConnect(value: unknown): value is Connect {
  return (
    isRecord(value) &&
    value["signet"] === "connect" &&
    isText(value["language"]) &&
    isFlag(value["persist"]) &&
    isFlag(value["sheet"])
  );
}

/** Whether a channel message is one a loader may send. */
export function isToWidget(value: unknown): value is ToWidget {
  return hasShape(value, TO_WIDGET);
}

/** Whether a channel message is one a widget may send. */
export function isToLoader(value: unknown): value is ToLoader {
  return hasShape(value, TO_LOADER);
}
