import { type KeyboardEvent, memo, type ReactNode, useDeferredValue, useEffect, useMemo, useRef } from "react";
import { cleanExcerpt, cleanName, formatShortAge } from "@signet/kit";
import type { Conversation } from "../graphql/documents";
import { conversationsIn, listProgress, visitorName } from "../store/selectors";
import type { View } from "../store/state";
import { Avatar } from "./avatar";
import { useNow } from "./clock";
import { useDesk, useDeskState } from "./context";
import { PadlockIcon } from "./icons";
import { noticeWords } from "./notices";
import { follow, placeAddress, usePlace } from "./place";
import { viewNames } from "./rail";
import { focusRow } from "./shortcuts";
import { TypingDots } from "./typing-dots";

export function ConversationList(): ReactNode {
  const { view, projectId, conversationId } = usePlace();
  const list = useConversations();
  const progress = useProgress(view, projectId);
  useFocusAfterLeaving(conversationId);
  const openIsListed = list.some((conversation) => conversation.id === conversationId);

  function onKeyDown(event: KeyboardEvent<HTMLElement>): void {
    const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };
    const step = steps[event.key];
    if (step === undefined || event.metaKey || event.ctrlKey || event.altKey) return;
    event.preventDefault();
    focusRow(step);
  }

  return (
    <section className="list-pane" aria-labelledby="list-heading">
      <header className="list-header">
        <h2 id="list-heading">{viewNames[view]}</h2>
      </header>
      <div className="list-scroll">
        <ul className="list" aria-label="Conversations" aria-busy={!progress.loaded} onKeyDown={onKeyDown}>
          {list.map((conversation, index) => (
            <Row
              key={conversation.id}
              conversation={conversation}
              isOpen={conversation.id === conversationId}
              isTabStop={openIsListed ? conversation.id === conversationId : index === 0}
            />
          ))}
          {list.length === 0 && (progress.loaded ? <EmptyList view={view} /> : <Skeletons />)}
        </ul>
        {progress.hasMore && <MoreBelow view={view} />}
      </div>
    </section>
  );
}

/** Back from a conversation, the keyboard goes on from its row unless it has gone somewhere else. */
function useFocusAfterLeaving(conversationId: string | null): void {
  const before = useRef<string | null>(null);
  useEffect(() => {
    const left = before.current;
    before.current = conversationId;
    if (left === null || conversationId !== null || document.activeElement !== document.body) return;
    document.querySelector<HTMLElement>(`[data-conversation="${left}"]`)?.focus();
  }, [conversationId]);
}

function useConversations(): readonly Conversation[] {
  const { view, projectId, conversationId } = usePlace();
  const conversations = useDeskState((state) => state.conversations);
  const lists = useDeskState((state) => state.lists);
  const projects = useDeskState((state) => state.projects);
  const viewer = useDeskState((state) => state.viewer);
  // Sorting a long list must not hold up typing.
  const parts = useDeferredValue(
    useMemo(() => ({ conversations, lists, projects, viewer }), [conversations, lists, projects, viewer]),
  );
  return useMemo(
    () => conversationsIn(parts, view, projectId, conversationId),
    [parts, view, projectId, conversationId],
  );
}

function useProgress(view: View, projectId: string | null): { loaded: boolean; hasMore: boolean } {
  const lists = useDeskState((state) => state.lists);
  const projects = useDeskState((state) => state.projects);
  return useMemo(() => listProgress({ lists, projects }, view, projectId), [lists, projects, view, projectId]);
}

const EmptyList = ({ view }: { view: View }): ReactNode => (
  <li className="list-empty">
    <p>{emptyWords[view].title}</p>
    <p>{emptyWords[view].more}</p>
  </li>
);

const emptyWords: Readonly<Record<View, { title: string; more: string }>> = {
  waiting: { title: "Nobody is waiting", more: "Visitors who wait for an answer stand here, longest wait first." },
  mine: { title: "None are yours", more: "A conversation becomes yours when you answer it." },
  all: { title: "No open conversations", more: "New ones appear here by themselves." },
  closed: { title: "Nothing closed yet", more: "Conversations that were closed can be read here." },
};

/** Asks for the next page when the end of the list comes near. */
function MoreBelow({ view }: { view: View }): ReactNode {
  const desk = useDesk();
  const end = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const element = end.current;
    if (element === null) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) void desk.loadMore(view);
      },
      { rootMargin: "400px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [desk, view]);
  return (
    <button type="button" ref={end} className="link list-more" onClick={() => void desk.loadMore(view)}>
      More
    </button>
  );
}

interface RowProps {
  readonly conversation: Conversation;
  readonly isOpen: boolean;
  readonly isTabStop: boolean;
}

const Row = memo(function Row({ conversation, isOpen, isTabStop }: RowProps): ReactNode {
  const { id, visitor, identity } = conversation;
  const unreadCount = conversation.state === "ONGOING" ? conversation.unreadCount : 0;
  const place = usePlace();
  const now = useNow();
  const projectName = useDeskState((state) =>
    place.projectId === null && Object.keys(state.projects).length > 1
      ? state.projects[conversation.project.projectId]?.name
      : undefined,
  );
  const name = visitorName(visitor);
  return (
    <li>
      <a
        className="row"
        href={placeAddress({ ...place, conversationId: id })}
        data-conversation={id}
        data-unread={unreadCount > 0}
        data-waiting={conversation.waiting}
        aria-current={isOpen ? "page" : undefined}
        tabIndex={isTabStop ? 0 : -1}
        onClick={(event) => follow(event, { conversationId: id })}
      >
        <Avatar id={visitor.visitorId} name={name} anonymous={visitor.firstName == null && visitor.lastName == null} />
        <span className="row-top">
          <span className="row-name">
            <bdi>{name}</bdi>
          </span>
          {conversation.waiting && conversation.waitingSince !== null ? (
            <time className="row-time" dateTime={conversation.waitingSince}>
              Waiting {formatShortAge(conversation.waitingSince, now)}
            </time>
          ) : (
            <time className="row-time" dateTime={conversation.lastActivityAt}>
              {formatShortAge(conversation.lastActivityAt, now)}
            </time>
          )}
        </span>
        <span className="row-middle">
          <Preview conversation={conversation} />
          {unreadCount > 0 && (
            <span className="unread">
              {unreadCount > 99 ? "99+" : unreadCount}
              <span className="visually-hidden"> unread</span>
            </span>
          )}
        </span>
        <span className="row-bottom">
          <span className="row-identity" data-identity={identity.state}>
            <PadlockIcon state={identity.state} />
            {shortIdentity[identity.state]}
          </span>
          {projectName !== undefined && <span className="row-project">{projectName}</span>}
        </span>
      </a>
    </li>
  );
});

const shortIdentity = {
  VERIFIED: "Verified",
  NOT_VERIFIED: "Not verified",
  NO_LONGER_VERIFIED: "No longer verified",
} as const;

function Preview({ conversation }: { conversation: Conversation }): ReactNode {
  const { id, lastMessage } = conversation;
  const typing = useDeskState((state) => state.typing[id] !== undefined);
  const draft = useDeskState((state) => state.drafts[id]);
  if (typing)
    return (
      <span className="row-preview" data-kind="typing">
        <TypingDots /> typing
      </span>
    );
  if (draft !== undefined)
    return (
      <span className="row-preview">
        <span className="row-draft">Draft:</span> <bdi>{draft}</bdi>
      </span>
    );
  if (lastMessage === null) return <span className="row-preview">No messages yet</span>;
  if (lastMessage.kind === "NOTICE")
    return (
      <span className="row-preview" data-kind="notice">
        {noticeWords(lastMessage)}
      </span>
    );
  return (
    <span className="row-preview">
      {lastMessage.author.type === "AGENT" && <AgentPrefix id={lastMessage.author.id} name={lastMessage.author.name} />}
      {lastMessage.author.type === "BOT" && "Bot: "}
      <bdi>{cleanExcerpt(lastMessage.text ?? "")}</bdi>
    </span>
  );
}

function AgentPrefix({ id, name }: { id: string | null; name: string | null }): ReactNode {
  const viewerId = useDeskState((state) => state.viewer.id);
  return <>{id === viewerId ? "You" : (cleanName(name) ?? "Agent")}: </>;
}

const Skeletons = (): ReactNode =>
  [0, 1, 2, 3, 4, 5].map((row) => (
    <li key={row} className="row skeleton" aria-hidden="true">
      <span className="avatar" />
      <span className="row-top" />
      <span className="row-middle" />
      <span className="row-bottom" />
    </li>
  ));
