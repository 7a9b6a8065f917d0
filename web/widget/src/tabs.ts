/**
 * Word between the widgets of one project in the tabs of one browser.
 *
 * A draft travels with the visitor it belongs to and is taken by nobody else. Nothing of it is stored. Without
 * `BroadcastChannel` every tab is alone.
 */

/** What one tab tells the others. */
export type Word =
  /** The visitor signed out: wipe. */
  | "logout"
  /** What this visitor is writing is now `text`. */
  | { type: "draft"; visitorId: string; text: string }
  /** A tab has just come to this visitor and would know what they are writing. */
  | { type: "draftAsked"; visitorId: string };

/** To and from the same project's widgets in other tabs. */
export interface Tabs {
  tell(word: Word): void;
  onWord(listener: (word: Word) => void): void;
}

/** Whether something heard is a {@link Word}: a tab may run another version of this code. */
export function isWord(heard: unknown): heard is Word {
  if (heard === "logout") return true;
  if (typeof heard !== "object" || heard === null) return false;
  const { type, visitorId, text } = heard as Record<string, unknown>;
  if (typeof visitorId !== "string") return false;
  return type === "draftAsked" || (type === "draft" && typeof text === "string");
}

/** Joins the tabs of a project. */
export function joinTabs(projectId: string): Tabs {
  const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(`signet:${projectId}`);
  return {
    tell: (word) => channel?.postMessage(word),
    onWord: (listener) =>
      channel?.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
        if (isWord(data)) listener(data);
      }),
  };
}
