import { useSyncExternalStore } from "react";
import { type Action, reduce } from "./reducer";
import type { DeskState } from "./state";

export interface Store {
  readonly get: () => DeskState;
  readonly dispatch: (action: Action) => void;
  readonly subscribe: (listener: () => void) => () => void;
}

export function createStore(initial: DeskState): Store {
  let state = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => state,
    dispatch: (action) => {
      const next = reduce(state, action);
      if (next === state) return;
      state = next;
      for (const listener of listeners) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Reads a part of the store. `select` must return the same object for the same state. */
export function useStore<Part>(store: Store, select: (state: DeskState) => Part): Part {
  return useSyncExternalStore(store.subscribe, () => select(store.get()));
}
