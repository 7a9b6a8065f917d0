/**
 * Changes that are not saved yet, by project. They outlive the page, and the session if the same person comes back, so
 * that looking something up elsewhere loses nothing; the browser asks before the whole window is closed.
 */
import { useEffect, useSyncExternalStore } from "react";
import type { Administration } from "../../engine/administration";
import { useAdministration } from "../context";
import type { Change } from "./form";

interface Drafts {
  readonly get: (projectId: string) => Change;
  /** Nothing changed is no draft. */
  readonly set: (projectId: string, change: Change) => void;
  readonly isEmpty: () => boolean;
  readonly subscribe: (listener: () => void) => () => void;
}

const none: Change = {};

function createDrafts(): Drafts {
  const held = new Map<string, Change>();
  const listeners = new Set<() => void>();
  return {
    get: (projectId) => held.get(projectId) ?? none,
    set: (projectId, change) => {
      if (Object.keys(change).length === 0) held.delete(projectId);
      else held.set(projectId, change);
      for (const listener of listeners) listener();
    },
    isEmpty: () => held.size === 0,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** One for each person who is signed in. */
const all = new WeakMap<Administration, Drafts>();

function draftsOf(administration: Administration): Drafts {
  const held = all.get(administration) ?? createDrafts();
  all.set(administration, held);
  return held;
}

export function useDraft(projectId: string): readonly [change: Change, set: (change: Change) => void] {
  const drafts = draftsOf(useAdministration());
  const change = useSyncExternalStore(drafts.subscribe, () => drafts.get(projectId));
  return [change, (change) => drafts.set(projectId, change)];
}

/** Lets the browser ask before it closes a window with unsaved changes. */
export function useKeptDrafts(): void {
  const drafts = draftsOf(useAdministration());
  const isEmpty = useSyncExternalStore(drafts.subscribe, drafts.isEmpty);
  useEffect(() => {
    if (isEmpty) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [isEmpty]);
}
