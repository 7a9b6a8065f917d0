/** The widget's entry: waits for the loader, then draws the chat. */
import tokens from "@signet/kit/tokens.css?inline";
import styles from "./styles.css?inline";
import { isRightToLeft } from "@signet/protocol";
import { Prover } from "@signet/client";
import type { Environment, Socket } from "@signet/client";
import { render } from "preact";
import { Chat } from "./chat";
import { createDeviceStore } from "./device";
import { App } from "./components/app";
import { awaitConnect } from "./handshake";
import { messagesFor } from "./messages";
import { joinTabs } from "./tabs";

const environment: Environment = {
  openSocket: () => {
    const url = new URL("/visitor/v1/socket", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    return new WebSocket(url, "signet.v1") as Socket;
  },
  now: () => Date.now(),
  random: () => Math.random(),
  newId: () => newUuid(),
  setTimer: (action, milliseconds) => setTimeout(action, milliseconds),
  clearTimer: (timer) => clearTimeout(timer as number | undefined),
};

/**
 * A version 7 UUID (RFC 9562 section 5.7): ids that begin with the time lie side by side in the server's index, which
 * halves what a message writes. `crypto.randomUUID` makes version 4, and only in secure contexts.
 */
function newUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const [time, view] = [Date.now(), new DataView(bytes.buffer)];
  view.setUint32(0, Math.floor(time / 2 ** 16));
  view.setUint16(4, time % 2 ** 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Styles travel in the script, which saves a request, and are adopted, which a strict `style-src` allows. */
function adoptStyles(): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(tokens + styles);
  document.adoptedStyleSheets = [sheet];
}

async function start(): Promise<void> {
  // Whether there is such a project is for the server to say, to the page that embeds this one.
  const projectId = new URLSearchParams(location.search).get("project") ?? "";
  const root = document.getElementById("root");
  if (!root) return;
  adoptStyles();
  const { connect, origin, port } = await awaitConnect(window);
  const messages = messagesFor(connect.language);
  document.documentElement.lang = messages.language;
  const rightToLeft = isRightToLeft(connect.language);
  document.documentElement.dir = rightToLeft ? "rtl" : "ltr";
  document.title = messages.chat;
  const chat = new Chat({
    projectId,
    origin,
    port,
    sheet: connect.sheet,
    rightToLeft,
    handOver: connect.handOver,
    device: createDeviceStore(projectId, connect.persist, () => localStorage, newUuid),
    tabs: joinTabs(projectId, newUuid),
    environment,
    fetch: (input, init) => fetch(input, init),
    prover: new Prover(environment, location.origin),
    networkUp: navigator.onLine,
    warn: (text) => console.warn(`[signet] ${text}`),
  });
  addEventListener("online", () => chat.networkChanged(true));
  addEventListener("offline", () => chat.networkChanged(false));
  render(<App chat={chat} messages={messages} />, root);
}

void start();
