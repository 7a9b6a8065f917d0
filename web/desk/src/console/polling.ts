import { useEffect, useEffectEvent } from "react";

/** Milliseconds from one refresh to the next. */
const EVERY = 10_000;

/**
 * Does the work at once and whenever `key` changes; while `isLive`, also every 10 s and on coming back to the tab. A
 * hidden tab asks for nothing.
 */
export function usePolling(key: string, isLive: boolean, work: () => void): void {
  const run = useEffectEvent(work);
  useEffect(() => run(), [key]);
  useEffect(() => {
    if (!isLive) return;
    const tick = () => {
      if (document.visibilityState === "visible") run();
    };
    const timer = setInterval(tick, EVERY);
    document.addEventListener("visibilitychange", tick);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", tick);
    };
  }, [isLive]);
}
