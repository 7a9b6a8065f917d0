import { useSyncExternalStore } from "react";

/** Ages are shown in minutes; a quarter of a minute is as late as they may be. */
const TICK = 15_000;

let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function tick(): void {
  now = Date.now();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    timer = setInterval(tick, TICK);
    // Timers sleep in hidden tabs: catch up when it is shown again.
    document.addEventListener("visibilitychange", tick);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
    document.removeEventListener("visibilitychange", tick);
  };
}

/** The time, milliseconds since the epoch, moving on while the page is shown. One timer serves all. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}
