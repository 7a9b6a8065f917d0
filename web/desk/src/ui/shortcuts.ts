/** The desk by keyboard. Single letters act only while no text is being written and no dialog is open. */
import { useEffect, useEffectEvent } from "react";
import { go } from "./place";
import { preferences } from "./preferences";

export const shortcutWords = [
  { keys: ["J", "↓"], does: "Next conversation" },
  { keys: ["K", "↑"], does: "Previous conversation" },
  { keys: ["Enter"], does: "Open the conversation" },
  { keys: ["R"], does: "Write a reply" },
  { keys: ["Esc"], does: "Back to the list" },
  { keys: ["Enter"], does: "Send, while writing" },
  { keys: ["Shift", "Enter"], does: "New line, while writing" },
  { keys: ["?"], does: "This help" },
] as const;

function rows(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("[data-conversation]")];
}

/** Moves the focus in the list by so many rows, from the focused one, else from the open one. */
export function focusRow(step: number): void {
  const all = rows();
  const focused = all.findIndex((row) => row === document.activeElement);
  const from = focused >= 0 ? focused : all.findIndex((row) => row.getAttribute("aria-current") === "page");
  const to = from < 0 ? 0 : Math.min(Math.max(from + step, 0), all.length - 1);
  all[to]?.focus();
  all[to]?.scrollIntoView({ block: "nearest" });
}

/** The composer's text box, if one is shown. */
export function focusComposer(): boolean {
  const box = document.querySelector<HTMLElement>("[data-composer]");
  box?.focus();
  return box !== null;
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, [contenteditable]") !== null;
}

/** From the composer to the thread, from there to the list and out of the conversation. */
function goBack(target: EventTarget | null): void {
  const open = rows().find((row) => row.getAttribute("aria-current") === "page");
  if (!isWriting(target)) go({ conversationId: null });
  if (open !== undefined) open.focus();
  else if (target instanceof HTMLElement) target.blur();
}

export function useShortcuts({ onHelp }: { onHelp: () => void }): void {
  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || event.isComposing) return;
    if (document.querySelector("[role=dialog], [role=alertdialog], [role=menu]") !== null) return;
    if (event.key === "Escape") return goBack(event.target);
    if (isWriting(event.target) || !preferences.get().shortcuts) return;
    const acts: Readonly<Record<string, () => void>> = {
      j: () => focusRow(1),
      k: () => focusRow(-1),
      r: focusComposer,
      "?": onHelp,
    };
    const act = acts[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKeyDown(event);
    document.addEventListener("keydown", listener);
    return () => document.removeEventListener("keydown", listener);
  }, []);
}
