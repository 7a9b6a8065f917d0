import { memo, type ReactNode } from "react";
import { Button, Tooltip, TooltipTrigger } from "react-aria-components";
import { cleanName, formatClock, formatMoment, formatShortAge } from "@signet/kit";
import type { Assurance, Message } from "../graphql/documents";
import type { VisitorAuthor } from "../store/selectors";
import type { Pending } from "../store/state";
import { useDesk, useDeskState } from "./context";
import { Icon, PadlockIcon } from "./icons";

type Messages = readonly [Message, ...Message[]];

interface VisitorRunProps extends VisitorAuthor {
  readonly messages: Messages;
}

/** A visitor's messages, one after the other. */
export const VisitorRun = memo(function VisitorRun({ messages, name, isBeforeSignIn }: VisitorRunProps): ReactNode {
  const [first] = messages;
  return (
    <section className="run" data-from="visitor" data-before-sign-in={isBeforeSignIn}>
      <header className="run-header">
        <span className="run-name">
          {isBeforeSignIn && <PadlockIcon state="NOT_VERIFIED" />}
          <bdi>{name}</bdi>
        </span>
        <Mark message={first} />
        {first.copiedFrom !== null && <span className="run-copied">Copied</span>}
        <time dateTime={first.createdAt}>{formatClock(first.createdAt)}</time>
      </header>
      {messages.map((message) => (
        <div key={message.id} className="message" data-assurance={message.assurance}>
          <span className="message-mark" title={proofWords(message)}>
            <PadlockIcon state={message.assurance === "VERIFIED" ? "VERIFIED" : "NOT_VERIFIED"} />
            <span className="visually-hidden">{proofWords(message)}: </span>
          </span>
          <Bubble text={message.text} at={message.createdAt} />
        </div>
      ))}
    </section>
  );
});

interface AgentRunProps {
  readonly messages: Messages;
  /** Sequence of the last message that is marked as seen. */
  readonly lastSeen: number;
}

/** What to call an author without a name. */
const nameless = { AGENT: "Agent", BOT: "Bot", SYSTEM: "Signet", VISITOR: "Visitor" } as const;

/** An agent's or a bot's messages, one after the other. */
export const AgentRun = memo(function AgentRun({ messages, lastSeen }: AgentRunProps): ReactNode {
  const viewerId = useDeskState((state) => state.viewer.id);
  const [first] = messages;
  const name = cleanName(first.author.name);
  const who = first.author.id === viewerId ? "You" : (name ?? nameless[first.author.type]);
  const isBot = first.author.type === "BOT";
  return (
    <section className="run" data-from="agent" data-bot={isBot}>
      <header className="run-header">
        <span className="run-name">
          <bdi>{who}</bdi>
        </span>
        {isBot && <span className="run-bot">Bot</span>}
        <time dateTime={first.createdAt}>{formatClock(first.createdAt)}</time>
      </header>
      {messages.map((message) => (
        <div key={message.id} className="message">
          <Bubble text={message.text} at={message.createdAt} />
          {message.sequence === lastSeen && <p className="message-fate">Seen</p>}
        </div>
      ))}
    </section>
  );
});

function Bubble({ text, at }: { text: string | null; at: string }): ReactNode {
  return (
    <p className="bubble" dir="auto" title={formatClock(at)}>
      {text}
    </p>
  );
}

const markWords: Readonly<Record<Assurance, string>> = {
  VERIFIED: "Verified",
  CLAIMED: "Claimed, not verified",
  ANONYMOUS: "Not verified",
};

/** The run's mark in words; with the pointer or the keyboard on it, how old the proof was. */
function Mark({ message }: { message: Message }): ReactNode {
  const assurance = message.assurance ?? "ANONYMOUS";
  return (
    <TooltipTrigger delay={200}>
      <Button className="mark" data-assurance={assurance}>
        {markWords[assurance]}
      </Button>
      <Tooltip className="tooltip" placement="top" offset={6}>
        {proofWords(message)}
        {message.verifiedAt !== null && <> ({formatMoment(message.verifiedAt, Date.parse(message.createdAt))})</>}
      </Tooltip>
    </TooltipTrigger>
  );
}

/** What was known of the visitor at the moment of writing. */
function proofWords({ assurance, verifiedAt, createdAt }: Message): string {
  if (assurance === "CLAIMED") return "Claimed by the page, not verified";
  if (assurance !== "VERIFIED") return "Not verified when this was written";
  if (verifiedAt === null) return "Verified when this was written";
  const age = formatShortAge(verifiedAt, Date.parse(createdAt));
  return age === "now" ? "Verified, identity just proved" : `Verified, identity proved ${age} before`;
}

interface PendingRunProps {
  readonly conversationId: string;
  readonly pending: readonly Pending[];
}

/** What this agent has sent and the server has not confirmed. */
export function PendingRun({ conversationId, pending }: PendingRunProps): ReactNode {
  const desk = useDesk();
  const isLost = useDeskState((state) => state.connection !== "live");
  return (
    <section className="run" data-from="agent">
      {pending.map(({ clientMessageId, text, failure }) => (
        <div key={clientMessageId} className="message" data-fate={failure === null ? "under-way" : "failed"}>
          <p className="bubble" dir="auto">
            {text}
          </p>
          {failure === null ? (
            <p className="message-fate">On its way…</p>
          ) : (
            <p className="message-fate" role="alert">
              <Icon name="warning" />
              <span>
                {failure.waitsForConnection && isLost
                  ? "Goes out when the connection is back."
                  : `Not delivered. ${failure.words}`}
              </span>
              <Button className="link" onPress={() => desk.retry(conversationId, clientMessageId)}>
                Try again
              </Button>
              <Button className="link" onPress={() => desk.discard(conversationId, clientMessageId)}>
                Discard
              </Button>
            </p>
          )}
        </div>
      ))}
    </section>
  );
}
