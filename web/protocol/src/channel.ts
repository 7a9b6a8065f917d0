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
  /** The code that a link from another of the brand's domains brought (`idzconvid`). */
  handOver: string | null;
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
  | "onMessageSent"
  | "onSatisfactionDisplayed"
  | "onSatisfactionAnswered";

/** Those of the tag's readable properties that the widget knows, by their names. */
export interface PublicState {
  "conversation:id": string | null;
  "visitor:assurance": Assurance | null;
  "conversation:unreadCount": number;
  "chatbox:status": ChatboxStatus;
}

/** A sale, as `recordTransaction` takes it. */
export interface Transaction {
  id: string;
  amount: number;
}

/** From the loader to the widget. `id` pairs a question with its answer. */
export type ToWidget =
  /** `customData`: the page's `idzCustomData` as JSON; `undefined` if there is none, empty if it cannot be written so. */
  | { type: "activate"; id: number; option: AuthenticationOption; customData: string }
  /** The same, looked at again: the page may have moved on. */
  | { type: "customData"; customData: string }
  | { type: "answer"; id: number; option: AuthenticationOption | null }
  /** `others`: other tabs are to be told, too. */
  | { type: "logout"; id: number; others: boolean }
  | { type: "open" }
  | { type: "close" }
  | { type: "layout"; sheet: boolean }
  | { type: "persist"; allowed: boolean }
  | { type: "transaction"; transaction: Transaction }
  /** Asks for a code with which a page of `origin` may go on with the conversation. */
  | { type: "handOver"; id: number; origin: string };

/** From the widget to the loader. */
export type ToLoader =
  | { type: "ready"; rightToLeft: boolean }
  | { type: "activated"; id: number; correlationId: string }
  | { type: "refused"; id: number; reason: string; code: string; correlationId: string | null }
  /** The project only observes tokens: whatever the answer that follows says of this one, the visitor goes on anonymously. */
  | { type: "observed" }
  /** The session wants a fresh token: ask the provider, reply with `answer`. */
  | { type: "ask"; id: number }
  /** The session's time has passed without a new proof. */
  | { type: "expired" }
  /** Identity was proved without an `activate`: again by the same person, or because another tab signed in. */
  | { type: "restored" }
  /** The session was ended elsewhere: another tab, the brand, an administrator. Everything is wiped; `revoked` follows. */
  | { type: "ended" }
  /** Everything is wiped. Not yet `revoked`: the network was down, the widget keeps trying. */
  | { type: "loggedOut"; id: number; revoked: boolean }
  /** The server knows of the sign-out: the frame may go. */
  | { type: "revoked" }
  | { type: "handedOver"; id: number; code: string | null }
  | { type: "state"; properties: PublicState }
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

const isTransaction: Check = (value) => isRecord(value) && isText(value["id"]) && isNumber(value["amount"]);

const TO_WIDGET: Record<ToWidget["type"], Shape> = {
  activate: { id: isNumber, option: isAuthenticationOption, customData: isText },
  customData: { customData: isText },
  answer: { id: isNumber, option: orNull(isAuthenticationOption) },
  logout: { id: isNumber, others: isFlag },
  open: {},
  close: {},
  layout: { sheet: isFlag },
  persist: { allowed: isFlag },
  transaction: { transaction: isTransaction },
  handOver: { id: isNumber, origin: isText },
};

const TO_LOADER: Record<ToLoader["type"], Shape> = {
  ready: { rightToLeft: isFlag },
  activated: { id: isNumber, correlationId: isText },
  refused: { id: isNumber, reason: isText, code: isText, correlationId: orNull(isText) },
  observed: {},
  ask: { id: isNumber },
  expired: {},
  restored: {},
  ended: {},
  loggedOut: { id: isNumber, revoked: isFlag },
  revoked: {},
  handedOver: { id: isNumber, code: orNull(isText) },
  // Names and values are as the page sees them; the page must check nothing.
  state: { properties: isRecord },
  size: { width: isNumber, height: isNumber },
  callback: {
    // By their form: the loader has no bytes to spare for the list.
    name: (value) => isText(value) && /^on(Chat|Message|Satisf)\w+$/.test(value as string),
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
    orNull(isText)(value["handOver"]) &&
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
