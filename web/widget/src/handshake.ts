/**
 * The widget's side of the handshake: waits for the loader's one window message.
 *
 * It must come from the window that embeds this one, from a real origin, in the agreed shape and with exactly one port.
 * Anything else is ignored, as is everything after the first that passes. The origin the browser reports with it is what
 * the server checks against the project's list.
 */
import { isConnect } from "@signet/protocol";
import type { Connect } from "@signet/protocol";

/** A loader that has introduced itself. */
export interface Embedding {
  connect: Connect;
  origin: string;
  port: MessagePort;
}

/** The part of a window message that is looked at. */
export interface WindowMessage {
  source: unknown;
  origin: string;
  data: unknown;
  ports: readonly MessagePort[];
}

/** What a window message says, if it is the loader's. `self` and `parent` are this window and the one around it. */
export function readConnect(message: WindowMessage, self: unknown, parent: unknown): Embedding | null {
  const [port, ...others] = message.ports;
  if (parent === self || message.source !== parent) return null;
  if (!/^https?:\/\//.test(message.origin)) return null;
  if (!port || others.length > 0 || !isConnect(message.data)) return null;
  return { connect: message.data, origin: message.origin, port };
}

/** Resolves with the loader that embeds this window. */
export function awaitConnect(view: Window): Promise<Embedding> {
  return new Promise((resolve) => {
    const listen = (event: MessageEvent<unknown>): void => {
      const embedding = readConnect(event, view, view.parent);
      if (!embedding) return;
      view.removeEventListener("message", listen);
      resolve(embedding);
    };
    view.addEventListener("message", listen);
  });
}
