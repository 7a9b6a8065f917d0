/**
 * Where the reader is in the log.
 *
 * A reader at the end stays at the end; one who reads older messages is not moved, neither by new messages (a button says
 * they are there) nor by older ones arriving above. What is at the end and on screen counts as read.
 */
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Chat } from "../chat";
import type { ChatState } from "../state";
import type { Item } from "../timeline";

/** Closer to an edge than this counts as being there, in CSS pixels. */
const NEAR = 64;

interface Position {
  height: number;
  top: number;
  firstEntry: string | undefined;
  atEnd: boolean;
}

/** What the log needs to scroll as described above. */
export interface Scrolling {
  log: RefObject<HTMLDivElement | null>;
  /** Something came that the reader has not scrolled to. */
  missed: boolean;
  onScroll(): void;
  toEnd(): void;
}

export function useScrolling(chat: Chat, state: ChatState, items: readonly Item[]): Scrolling {
  const log = useRef<HTMLDivElement>(null);
  const position = useRef<Position>({ height: 0, top: 0, firstEntry: undefined, atEnd: true });
  const [missed, setMissed] = useState(false);
  const { thread, outbox, typing, phase } = state.connection;
  const firstEntry = thread[0]?.entries[0]?.id;
  const lastEntry = thread.at(-1)?.entries.at(-1)?.id;

  const look = (): void => {
    const element = log.current;
    if (!element) return;
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
    position.current = { height: element.scrollHeight, top: element.scrollTop, firstEntry, atEnd };
    if (atEnd) setMissed(false);
  };
  const toEnd = (): void => {
    if (log.current) log.current.scrollTop = log.current.scrollHeight;
    look();
  };
  const read = (): void => {
    if (position.current.atEnd && document.visibilityState === "visible") chat.markRead();
  };

  // The visitor's own message is always shown.
  useLayoutEffect(() => {
    if (position.current.height > 0) toEnd();
  }, [outbox.at(-1)?.clientMessageId]);
  useLayoutEffect(() => {
    const element = log.current;
    const before = position.current;
    // The observer below begins. Measuring here would lay the new panel out in the task that draws it, which makes one
    // task too long of two that are not (30 ms more at a quarter of the speed).
    if (!element || before.height === 0) return;
    if (before.atEnd) {
      toEnd();
    } else if (firstEntry !== before.firstEntry) {
      element.scrollTop = before.top + (element.scrollHeight - before.height);
      look();
    } else {
      setMissed(true);
    }
  }, [items, typing !== null]);
  useEffect(() => {
    read();
    document.addEventListener("visibilitychange", read);
    return () => document.removeEventListener("visibilitychange", read);
  }, [lastEntry, phase]);
  useLayoutEffect(() => {
    const element = log.current;
    if (!element) return undefined;
    // Heard first before the panel is painted. Later: a window or keyboard that takes room away must not push the newest message out of sight.
    const observer = new ResizeObserver(() => {
      if (position.current.atEnd) toEnd();
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const onScroll = (): void => {
    look();
    read();
    if ((log.current?.scrollTop ?? NEAR) < NEAR && state.history === "more") void chat.loadEarlier();
  };
  return { log, missed, onScroll, toEnd };
}
