import type { ReactNode } from "react";
import { formatClock } from "@signet/kit";
import type { Conversation, Message } from "../graphql/documents";
import { PadlockIcon } from "./icons";
import { noticeWords } from "./notices";
import { follow, placeAddress, usePlace } from "./place";

const identityOf: Partial<Record<NonNullable<Message["notice"]>, Conversation["identity"]["state"]>> = {
  VISITOR_SIGNED_IN: "VERIFIED",
  IDENTITY_CONFIRMED: "VERIFIED",
  VISITOR_RETURNED: "VERIFIED",
  IDENTITY_LAPSED: "NO_LONGER_VERIFIED",
  VISITOR_SIGNED_OUT: "NO_LONGER_VERIFIED",
  EARLIER_MESSAGES_ADDED: "NOT_VERIFIED",
};

interface NoticeProps {
  readonly message: Message;
  readonly conversation: Conversation;
  readonly continuedFrom: readonly string[];
}

/** A line the system wrote. The sign-in is the seam: what stands above it was not proved. */
export function Notice({ message, conversation, continuedFrom }: NoticeProps): ReactNode {
  const identity = message.notice === null ? undefined : identityOf[message.notice];
  const links =
    message.notice === "CONTINUED_ELSEWHERE"
      ? [conversation.continuedIn?.id].filter((id) => id !== undefined)
      : message.notice === "CONTINUED_FROM" || message.notice === "EARLIER_MESSAGES_ADDED"
        ? continuedFrom
        : [];
  return (
    <p className="notice" data-identity={identity} data-seam={message.notice === "VISITOR_SIGNED_IN"}>
      <span className="notice-words">
        {identity !== undefined && <PadlockIcon state={identity} />}
        <span>{noticeWords(message)}</span>
        {links.map((id) => (
          <ConversationLink key={id} id={id}>
            Open it
          </ConversationLink>
        ))}
        <time dateTime={message.createdAt}>{formatClock(message.createdAt)}</time>
      </span>
    </p>
  );
}

export function ConversationLink({ id, children }: { id: string; children: ReactNode }): ReactNode {
  const place = usePlace();
  return (
    <a
      className="link"
      href={placeAddress({ ...place, conversationId: id })}
      onClick={(event) => follow(event, { conversationId: id })}
    >
      {children}
    </a>
  );
}
