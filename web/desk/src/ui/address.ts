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
const ACCOUNT = /^\/desk\/account\/?$/;

/** Where one's own account is looked after. */
export const ACCOUNT_ADDRESS = "/desk/account";

export type Surface = "desk" | "console" | "account";

function surface(): Surface {
  if (CONSOLE.test(location.pathname)) return "console";
  return ACCOUNT.test(location.pathname) ? "account" : "desk";
}

/** Which of the surfaces the address belongs to. */
export function useSurface(): Surface {
  return useSyncExternalStore(onArrive, surface);
}
