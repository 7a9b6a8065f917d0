/**
 * The conversation as a log.
 *
 * Scrolling: a reader at the end stays at the end; one who reads older messages is not moved, neither by new messages
 * (a button says they are there) nor by older ones arriving above.
 */
import { cleanName } from "@signet/kit";
import { ongoingPart } from "@signet/client";
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Chat, ChatState } from "../chat";
import { layOut } from "../timeline";
import { Earlier } from "./earlier";
import { Icon } from "./icons";
import { ItemView } from "./items";
import { useWords } from "./words";

/** Closer to an edge than this counts as being there, in CSS pixels. */
const NEAR = 64;

interface Position {
  height: number;
  top: number;
  first: string | undefined;
  atEnd: boolean;
}

export function ThreadView({ chat, state }: { chat: Chat; state: ChatState }): JSX.Element {
  const words = useWords();
  const log = useRef<HTMLDivElement>(null);
  const position = useRef<Position>({ height: 0, top: 0, first: undefined, atEnd: true });
  const [missed, setMissed] = useState(false);
  const { thread, outbox, typing, welcomed } = state.connection;
  const verified = state.session.session?.assurance === "VERIFIED";
  const items = useMemo(() => layOut(thread, outbox, verified), [thread, outbox, verified]);
  const newestOwn = outbox.at(-1)?.clientMessageId;
  const newestStored = items.findLastIndex((item) => item.kind === "group" && item.self && item.lines.at(-1)?.outgoing === null);
  const firstEntry = thread[0]?.entries[0]?.id;
  const lastEntry = thread.at(-1)?.entries.at(-1)?.id;

  // Typing redraws the panel with every key: the messages must not be compared again each time.
  const drawn = useMemo(
    () => items.map((item, index) => <ItemView key={item.key} item={item} marked={index === newestStored} chat={chat} />),
    [items, newestStored, chat],
  );

  const look = (): void => {
    const element = log.current;
    if (!element) return;
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
    position.current = { height: element.scrollHeight, top: element.scrollTop, first: firstEntry, atEnd };
    if (atEnd) setMissed(false);
  };
  const toEnd = (): void => {
    const element = log.current;
    if (element) element.scrollTop = element.scrollHeight;
    look();
  };
  /** Marks the thread as read when its end is on screen. */
  const read = (): void => {
    if (position.current.atEnd && document.visibilityState === "visible") chat.markRead();
  };

  useLayoutEffect(toEnd, [newestOwn]);
  useLayoutEffect(() => {
    const element = log.current;
    const before = position.current;
    if (!element) return;
    if (before.atEnd) {
      toEnd();
    } else if (firstEntry !== before.first) {
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
  }, [lastEntry, state.connection.phase]);
  useEffect(() => {
    if (welcomed && state.history === "unknown" && chat.hasPast) void chat.loadEarlier();
  }, [welcomed, state.history]);
  useEffect(() => {
    const element = log.current;
    if (!element) return undefined;
    // A window or keyboard that takes room away must not push the newest message out of sight.
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
  const empty = items.length === 0 && (welcomed || state.connection.phase !== "online");
  const closed = welcomed && thread.length > 0 && !ongoingPart(thread) && outbox.every(({ state: progress }) => progress === "failed");
  return (
    <div class="thread">
      <div
        ref={log}
        class="log"
        role="log"
        aria-label={words.conversation}
        aria-busy={state.history === "loading"}
        tabIndex={0}
        onScroll={onScroll}
      >
        {items.length > 0 && <Earlier chat={chat} state={state} />}
        {state.session.keptSeparately !== null && <p class="notice">{words.keptSeparately}</p>}
        {empty && <Welcome state={state} />}
        {drawn}
        {typing !== null && <Typing name={cleanName(typing) ?? words.agent} />}
        {closed && <p class="hint">{words.startNew}</p>}
      </div>
      {missed && (
        <button type="button" class="pill" onClick={toEnd}>
          <Icon name="down" size={14} />
          {words.newMessages}
        </button>
      )}
    </div>
  );
}

function Welcome({ state }: { state: ChatState }): JSX.Element {
  const words = useWords();
  const { session, project } = state.session;
  return (
    <div class="welcome">
      <span class="welcome-mark">
        <Icon name="chat" size={28} />
      </span>
      <h2 class="welcome-title" dir="auto">
        {words.welcome(cleanName(session?.displayName))}
      </h2>
      <p class="welcome-text">{words.welcomeText(cleanName(project?.name) ?? "")}</p>
      {session?.assurance === "VERIFIED" && <p class="welcome-text">{words.welcomeSigned}</p>}
    </div>
  );
}

function Typing({ name }: { name: string }): JSX.Element {
  const words = useWords();
  return (
    <p class="typing">
      <span class="dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      {words.isTyping(name)}
    </p>
  );
}
