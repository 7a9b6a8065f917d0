/** What stands in the log: days, the seam, notices and groups of messages. */
import { initials } from "@signet/kit";
import type { JSX } from "preact";
import type { Chat } from "../chat";
import type { EarlierOffer } from "../offer";
import { authorOf, clock, dayName, noticeWords } from "../phrases";
import { splitRuns } from "../text";
import type { Group, Item, Line, Progress } from "../timeline";
import { Icon, Padlock } from "./icons";
import { SetAside } from "./set-aside";
import { useWords } from "./words";

interface Props {
  item: Item;
  /** The visitor's newest stored messages, the only ones to say how far they have come. */
  marked: boolean;
  earlier: EarlierOffer | null;
  chat: Chat;
}

export function ItemView({ item, marked, earlier, chat }: Props): JSX.Element | null {
  const words = useWords();
  switch (item.kind) {
    case "day":
      return <h2 class="day">{dayName(item.at, Date.now(), words)}</h2>;
    case "seam":
      return (
        <div class="seam">
          <p class="seam-line">
            <Padlock closed />
            {words.nowSignedIn}
            <time>{clock(item.at, words)}</time>
          </p>
          {item.follows && <p class="seam-note">{words.beforeSignIn}</p>}
        </div>
      );
    case "notice":
      return <p class="notice">{noticeWords(item, words)}</p>;
    case "setAside":
      return earlier && <SetAside chat={chat} step={earlier.step} />;
    case "group":
      return <GroupView group={item} marked={marked} chat={chat} />;
  }
}

function GroupView({ group, marked, chat }: { group: Group; marked: boolean; chat: Chat }): JSX.Element {
  const words = useWords();
  const name = authorOf(group, words);
  const final = group.lines.at(-1);
  const sides = [group.self ? "group own" : "group", group.unproven ? "unproven" : ""].join(" ");
  return (
    <div class={sides}>
      <p class={group.self ? "unseen" : "author"} dir="auto">
        {group.bot ? <bdi>{name}</bdi> : name}
        {group.bot && <span class="automatic">{words.automatic}</span>}
      </p>
      <div class="bubbles">
        {!group.self && (
          <span class="avatar" aria-hidden="true">
            {initials(name)}
          </span>
        )}
        {group.lines.map((line) => (
          <LineView key={line.key} line={line} chat={chat} />
        ))}
      </div>
      {final && final.progress !== "failed" && (
        <p class="meta">
          {group.copied && <span>{words.addedFromBefore}</span>}
          <time dateTime={new Date(final.at).toISOString()}>{clock(final.at, words)}</time>
          {group.self && final.progress !== null && (marked || final.outgoing !== null) && (
            <ProgressView progress={final.progress} />
          )}
        </p>
      )}
    </div>
  );
}

function LineView({ line, chat }: { line: Line; chat: Chat }): JSX.Element {
  const failed = line.progress === "failed";
  return (
    <div class="line">
      <p class={failed ? "bubble failed" : "bubble"} dir="auto">
        {splitRuns(line.text).map((run, index) =>
          run.href === null ? (
            run.text
          ) : (
            <a key={index} href={run.href} target="_blank" rel="noopener noreferrer nofollow">
              {run.text}
            </a>
          ),
        )}
      </p>
      {failed && line.outgoing && <Failed line={line} chat={chat} />}
    </div>
  );
}

function Failed({ line, chat }: { line: Line; chat: Chat }): JSX.Element {
  const words = useWords();
  const reason = {
    MESSAGE_TOO_LONG: words.tooLong,
    RATE_LIMITED: words.tooMany,
    VISITOR_CHANGED: words.notSentIdentity,
  }[line.outgoing?.failure as string];
  return (
    <div class="failure">
      <p class="failure-reason">
        <Icon name="alert" size={14} />
        {reason ?? words.notSent}
      </p>
      <button type="button" class="link" onClick={() => chat.retryMessage(line.key)}>
        <Icon name="retry" size={14} />
        {words.retry}
      </button>
      <button type="button" class="link" onClick={() => chat.discardMessage(line.key)}>
        <Icon name="trash" size={14} />
        {words.discard}
      </button>
    </div>
  );
}

const PROGRESS_ICON = { queued: "clock", sending: "clock", delivered: "check", read: "checks" } as const;

function ProgressView({ progress }: { progress: Exclude<Progress, "failed"> }): JSX.Element {
  const words = useWords();
  return (
    <span class={`progress ${progress}`}>
      <Icon name={PROGRESS_ICON[progress]} size={14} />
      {words[progress]}
    </span>
  );
}
