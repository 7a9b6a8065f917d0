/** The address bar as a store: desk and console read from it where they are, and move without loading the page anew. */
import { type MouseEvent, useSyncExternalStore } from "react";

const listeners = new Set<() => void>();

function arrive(): void {
  for (const listener of listeners) listener();
}
window.addEventListener("popstate", arrive);

/** Calls after every change of the address, in the order of asking; gives what ends that. */
export function onArrive(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** `replace` is for what nobody goes back to, such as another filter of the same list. */
export function moveTo(address: string, how: "push" | "replace" = "push"): void {
  if (address === location.pathname + location.search) return;
  if (how === "push") history.pushState(null, "", address);
  else history.replaceState(null, "", address);
  arrive();
}

/** Goes where a link leads without loading the page anew, unless the person asked for another tab or window. */
export function followTo(event: MouseEvent, address: string): void {
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0) return;
  event.preventDefault();
  moveTo(address);
}

const CONSOLE = /^\/admin(\/|$)/;

/** Which of the two surfaces the address belongs to. */
export function useSurface(): "desk" | "console" {
  return useSyncExternalStore(onArrive, () => (CONSOLE.test(location.pathname) ? "console" : "desk"));
}
