/** What an agent chose for this browser. Nothing about visitors is ever kept here. */
import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";

interface Preferences {
  readonly theme: Theme;
  /** Single-letter shortcuts; people who speak to their computer need them off (WCAG 2.1.4). */
  readonly shortcuts: boolean;
}

const KEY = "signet-desk-preferences";

function read(): Preferences {
  const standard: Preferences = { theme: "system", shortcuts: true };
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    if (typeof kept !== "object" || kept === null) return standard;
    const theme = "theme" in kept && (kept.theme === "light" || kept.theme === "dark") ? kept.theme : standard.theme;
    return { theme, shortcuts: !("shortcuts" in kept && kept.shortcuts === false) };
  } catch {
    // Storage may be denied or damaged; the desk works without.
    return standard;
  }
}

let current = read();
const listeners = new Set<() => void>();

export const preferences = {
  get: () => current,
  set: (change: Partial<Preferences>) => {
    current = { ...current, ...change };
    applyTheme(current.theme);
    try {
      localStorage.setItem(KEY, JSON.stringify(current));
    } catch {
      // See above: it then lasts as long as the page.
    }
    for (const listener of listeners) listener();
  },
  subscribe: (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

export function usePreferences(): Preferences {
  return useSyncExternalStore(preferences.subscribe, preferences.get);
}

export function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}
