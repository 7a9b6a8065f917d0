/**
 * Word between the widgets of one project in the tabs of one browser.
 *
 * A draft travels with the visitor it belongs to and is taken by nobody else; a proved session, only to tabs that hold the very
 * session. Nothing of it is stored. Without `BroadcastChannel` every tab is alone; without Web Locks tabs do not wait for each
 * other. Neither is needed for what is promised of one tab.
 */
import type { HeldKey, Siblings } from "@signet/client";
import type { Session } from "@signet/protocol";

/** What one tab tells the others. */
export type Word =
  /** The visitor signed out: wipe, and say so. */
  | { type: "logout"; id: string }
  | { type: "wiped"; id: string }
  /** What this visitor is writing is now `text`. */
  | { type: "draft"; visitorId: string; text: string }
  /** A tab has just come to this visitor and would know what they are writing. */
  | { type: "draftAsked"; visitorId: string }
  /** A tab proved this visitor's identity anew. */
  | { type: "proved"; session: Session; key?: HeldKey | null };

/** To and from the same project's widgets in other tabs. */
export interface Tabs extends Siblings {
  tell(word: Word): void;
  onWord(listener: (word: Word) => void): void;
  /** Has the others wiped. Resolves when all have said so, or after a second. */
  wipeOthers(): Promise<void>;
}

/** How long the others may take to wipe, milliseconds. */
const PATIENCE = 1_000;
/** How long to listen for them where nobody knows how many there are. */
const SHORT = 150;
/** How long a lock is held on after its work: a word that was said takes its way before the next one's turn. */
const GRACE = 100;

const SESSION_TEXTS = ["accessToken", "sessionId", "visitorId", "assurance", "expiresAt", "renewFrom", "renewUntil"];

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isKey(value: unknown): boolean {
  return value === null || (isFields(value) && isFields(value["pair"]) && isFields(value["jwk"]));
}

/** Whether something heard is a {@link Word}: a tab may run another version of this code. */
export function isWord(heard: unknown): heard is Word {
  if (!isFields(heard)) return false;
  const { type, id, visitorId, text, session, key = null } = heard;
  switch (type) {
    case "logout":
    case "wiped":
      return isText(id);
    case "draft":
      return isText(visitorId) && isText(text);
    case "draftAsked":
      return isText(visitorId);
    case "proved":
      return isFields(session) && SESSION_TEXTS.every((name) => isText(session[name])) && isKey(key);
    default:
      return false;
  }
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

function findLocks(): LockManager | undefined {
  return typeof navigator === "undefined" ? undefined : navigator.locks;
}

/** Joins the tabs of a project. */
export function joinTabs(projectId: string, newId: () => string, locks = findLocks()): Tabs {
  const name = `signet:${projectId}`;
  const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(name);
  const presence = `${name}:tab`;
  // Held as long as this tab lives, so that the others can count it.
  locks?.request(presence, { mode: "shared" }, () => new Promise(() => undefined)).catch(() => undefined);

  const onWord = (listener: (word: Word) => void): (() => void) => {
    const listen = ({ data }: MessageEvent<unknown>): void => {
      if (isWord(data)) listener(data);
    };
    channel?.addEventListener("message", listen);
    return () => channel?.removeEventListener("message", listen);
  };
  const tell = (word: Word): void => channel?.postMessage(word);
  const countOthers = async (): Promise<number | null> => {
    const held = (await locks?.query().catch(() => undefined))?.held;
    return held ? held.filter((lock) => lock.name === presence).length - 1 : null;
  };

  return {
    tell,
    onWord,
    share: (session, key) => tell({ type: "proved", session, key }),
    alone: (work) => {
      if (!locks) return work();
      return new Promise((resolve) => {
        const exclusively = async (): Promise<void> => {
          resolve(await work());
          await pause(GRACE);
        };
        locks.request(`${name}:proof`, exclusively).catch(() => resolve(work()));
      });
    },
    wipeOthers: async () => {
      if (!channel) return;
      const id = newId();
      let wiped = 0;
      let all: () => void = () => undefined;
      const done = new Promise<void>((resolve) => (all = resolve));
      let others: number | null = null;
      const stop = onWord((word) => {
        if (word.type === "wiped" && word.id === id && (wiped += 1) === others) all();
      });
      tell({ type: "logout", id });
      others = await countOthers();
      if (others === null || wiped < others) await Promise.race([done, pause(others === null ? SHORT : PATIENCE)]);
      stop();
    },
  };
}
