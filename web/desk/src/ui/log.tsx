import { type ReactNode, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { Button } from "react-aria-components";
import { formatDay } from "@signet/kit";
import type { Conversation, Message } from "../graphql/documents";
import { visitorAuthor, visitorName } from "../store/selectors";
import type { Pending, Thread } from "../store/state";
import { threadItems } from "../store/thread-items";
import { useNow } from "./clock";
import { useDesk, useDeskState } from "./context";
import { Icon } from "./icons";
import { Notice } from "./notice";
import { AgentRun, PendingRun, VisitorRun } from "./run";
import { TypingDots } from "./typing-dots";

const NONE: readonly Pending[] = [];
/** How near to its end the log counts as being at its end, pixels. */
const NEAR = 80;

/** The entries of the open conversation, oldest first. */
export function Log({ conversation, thread }: { conversation: Conversation; thread: Thread }): ReactNode {
  const now = useNow();
  const pending = useDeskState((state) => state.pending[conversation.id] ?? NONE);
  const [newAfter] = useState(conversation.unreadCount > 0 ? conversation.readByAgent : Number.POSITIVE_INFINITY);
  const items = useMemo(() => threadItems(thread.messages, newAfter), [thread.messages, newAfter]);
  const scroll = useScroll(thread, pending.length);
  const lastSeen = lastSeenByVisitor(thread, conversation.readByVisitor);
  const name = visitorName(conversation.visitor);

  return (
    <div className="log-frame">
      <div
        className="log"
        role="log"
        aria-label="Conversation"
        tabIndex={0}
        ref={scroll.box}
        onScroll={scroll.onScroll}
      >
        <div className="log-column">
          {thread.hasEarlier ? <EarlierAbove conversationId={conversation.id} /> : <div className="log-start" />}
          {items.map((item) => {
            switch (item.type) {
              case "day":
                return (
                  <p key={item.key} className="log-day">
                    <time dateTime={item.at}>{formatDay(item.at, now)}</time>
                  </p>
                );
              case "new":
                return (
                  <p key={item.key} className="log-new">
                    <span>New</span>
                  </p>
                );
              case "notice":
                return (
                  <Notice
                    key={item.key}
                    message={item.message}
                    conversation={conversation}
                    continuedFrom={thread.continuedFrom}
                  />
                );
              case "run":
                return item.messages[0].author.type === "VISITOR" ? (
                  <VisitorRun
                    key={item.key}
                    messages={item.messages}
                    {...visitorAuthor(conversation, item.messages[0])}
                  />
                ) : (
                  <AgentRun key={item.key} messages={item.messages} lastSeen={lastSeen} />
                );
            }
          })}
          {pending.length > 0 && <PendingRun conversationId={conversation.id} pending={pending} />}
          <Typing conversationId={conversation.id} name={name} />
        </div>
      </div>
      {scroll.hasNewBelow && (
        <Button className="button log-down" data-look="floating" onPress={scroll.toEnd}>
          <Icon name="down" />
          New messages
        </Button>
      )}
    </div>
  );
}

/** The agents' last message that the visitor has seen. */
function lastSeenByVisitor(thread: Thread, readByVisitor: number): number {
  const isSeen = (one: Message) => one.author.type === "AGENT" && one.kind === "TEXT" && one.sequence <= readByVisitor;
  return thread.messages.findLast(isSeen)?.sequence ?? 0;
}

/** Follows the end while the agent is there, and holds still while earlier pages come in above. */
function useScroll(thread: Thread, pendingCount: number) {
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const before = useRef({ height: 0, first: 0, last: 0 });
  const [hasNewBelow, setHasNewBelow] = useState(false);
  const first = thread.messages[0]?.sequence ?? 0;
  const last = thread.messages[thread.messages.length - 1]?.sequence ?? 0;

  const toEnd = useCallback(() => {
    const element = box.current;
    if (element !== null) element.scrollTop = element.scrollHeight;
    setHasNewBelow(false);
  }, []);

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const was = before.current;
    if (isAtEnd.current) element.scrollTop = element.scrollHeight;
    else if (first < was.first) element.scrollTop += element.scrollHeight - was.height;
    else if (last > was.last) setHasNewBelow(true);
    before.current = { height: element.scrollHeight, first, last };
  }, [first, last, pendingCount]);

  useEffect(() => {
    // The frame shrinks when the composer grows; the newest message must not slip behind it.
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => {
      if (isAtEnd.current) element.scrollTop = element.scrollHeight;
    });
    observer.observe(element);
    if (element.firstElementChild !== null) observer.observe(element.firstElementChild);
    return () => observer.disconnect();
  }, []);

  const onScroll = useCallback(() => {
    const element = box.current;
    if (element === null) return;
    isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
    if (isAtEnd.current) setHasNewBelow(false);
  }, []);

  return { box, onScroll, toEnd, hasNewBelow };
}

/** Asks for the page before when the agent scrolls near the top. */
function EarlierAbove({ conversationId }: { conversationId: string }): ReactNode {
  const desk = useDesk();
  const top = useRef<HTMLDivElement>(null);
  const [busy, setBusy] = useState(false);
  const load = useCallback(() => {
    setBusy(true);
    void desk.loadEarlier(conversationId).finally(() => setBusy(false));
  }, [desk, conversationId]);
  useEffect(() => {
    const element = top.current;
    if (element === null || busy) return;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) load();
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [busy, load]);
  return (
    <div className="log-earlier" ref={top}>
      <Button className="link" onPress={load}>
        {busy ? "Loading earlier messages…" : "Earlier messages"}
      </Button>
    </div>
  );
}

function Typing({ conversationId, name }: { conversationId: string; name: string }): ReactNode {
  const typing = useDeskState((state) => state.typing[conversationId] !== undefined);
  return (
    <p className="log-typing">
      {typing && (
        <>
          <TypingDots /> <bdi>{name}</bdi> is typing
        </>
      )}
    </p>
  );
}
