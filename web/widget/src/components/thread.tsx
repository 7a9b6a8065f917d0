/** The conversation as a log. */
import { cleanName } from "@signet/kit";
import { ongoingPart } from "@signet/client";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import type { Chat } from "../chat";
import type { ChatState } from "../state";
import { layOut } from "../timeline";
import { Earlier } from "./earlier";
import { Icon } from "./icons";
import { ItemView } from "./items";
import { useScrolling } from "./scrolling";
import { SurveyView } from "./survey";
import { useWords } from "./words";

export function ThreadView({ chat, state }: { chat: Chat; state: ChatState }): JSX.Element {
  const words = useWords();
  const { thread, outbox, typing, welcomed, phase } = state.connection;
  const verified = state.session.session?.assurance === "VERIFIED";
  const setAsideAt = state.session.setAside?.at ?? null;
  const items = useMemo(() => layOut({ thread, outbox, verified, setAsideAt }), [thread, outbox, verified, setAsideAt]);
  const { log, missed, onScroll, toEnd } = useScrolling(chat, state, items);
  useEffect(() => {
    if (welcomed && state.history === "unknown" && chat.hasPast) void chat.loadEarlier();
  }, [welcomed, state.history]);

  const newestStored = items.findLastIndex(
    (item) => item.kind === "group" && item.self && item.lines.at(-1)?.outgoing === null,
  );
  // Typing redraws the panel with every key: the messages must not be compared again each time.
  const drawn = useMemo(
    () => items.map((item, index) => (
      <ItemView key={item.key} item={item} marked={index === newestStored} earlier={state.earlier} chat={chat} />
    )),
    [items, newestStored, state.earlier, chat],
  );
  const empty = thread.length === 0 && outbox.length === 0 && (welcomed || phase !== "online");
  const unsent = outbox.some(({ state: progress }) => progress !== "failed");
  const closed = welcomed && thread.length > 0 && !ongoingPart(thread) && !unsent;
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
        {!empty && <Earlier chat={chat} state={state} />}
        {empty && <Welcome state={state} />}
        {drawn}
        {typing !== null && <Typing name={cleanName(typing) ?? words.agent} />}
        {closed && state.survey && <SurveyView chat={chat} survey={state.survey} />}
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
