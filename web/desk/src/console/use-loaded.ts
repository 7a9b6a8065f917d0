import { useEffect, useRef, useState } from "react";
import type { Told } from "../engine/administration";
import { usePolling } from "./polling";

export interface Loaded<Data> {
  /** `null` until the first answer. */
  readonly data: Data | null;
  /** Why the last attempt failed, in words. */
  readonly refusal: string | null;
  /** Asks again, and resolves when the answer is shown. */
  readonly reload: () => Promise<void>;
  /** Shows what another answer brought, such as a mutation's. */
  readonly show: (data: Data) => void;
}

/** What the server has under a key, asked for at once, whenever the key changes and, while `isLive`, every 10 s. */
export function useLoaded<Data>(key: string, ask: () => Promise<Told<Data>>, isLive = false): Loaded<Data> {
  const [held, setHeld] = useState<{ key: string; data: Data | null; refusal: string | null }>({ key, data: null, refusal: null });
  const latest = useRef({ key, turn: 0 });
  const current = held.key === key ? held : { data: null, refusal: null };

  useEffect(() => {
    latest.current.key = key;
  }, [key]);

  /** An answer is shown unless a later one was, or another key was asked for meanwhile. */
  async function reload(): Promise<void> {
    const turn = ++latest.current.turn;
    const told = await ask();
    if (latest.current.key !== key || latest.current.turn !== turn) return;
    if ("data" in told) setHeld({ key, data: told.data, refusal: null });
    else setHeld((held) => ({ key, data: held.key === key ? held.data : null, refusal: told.refusal }));
  }

  function show(data: Data): void {
    latest.current.turn += 1;
    setHeld({ key, data, refusal: null });
  }

  usePolling(key, isLive, () => void reload());
  return { data: current.data, refusal: current.refusal, reload, show };
}
