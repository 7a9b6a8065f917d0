import { cleanName } from "@signet/kit";
import type { Message, NoticeCode } from "../graphql/documents";

const words: Readonly<Record<NoticeCode, string>> = {
  VISITOR_SIGNED_IN: "Signed in here — identity verified",
  VISITOR_RETURNED: "Visitor is back",
  VISITOR_SIGNED_OUT: "Visitor signed out",
  IDENTITY_LAPSED: "Identity no longer verified",
  IDENTITY_CONFIRMED: "Identity confirmed again",
  CONVERSATION_CLOSED: "Conversation closed",
  CONTINUED_ELSEWHERE: "Continued in a verified conversation",
  CONTINUED_FROM: "Goes on from an anonymous conversation",
  IDENTITY_REQUESTED: "Asked the visitor to confirm their identity",
  IDENTITY_NOT_CONFIRMED: "The visitor did not confirm their identity",
  IDENTITY_REQUEST_UNANSWERED: "No answer to the request to confirm identity",
  EARLIER_MESSAGES_ADDED: "The visitor added messages from before they signed in",
};

/** A notice in words; for one whose code this build does not know, the server's own text. */
export function noticeWords(message: Message): string {
  const known: string | undefined = message.notice === null ? undefined : words[message.notice];
  const line = known ?? message.text ?? "Something changed";
  const by = message.author.type === "AGENT" ? cleanName(message.author.name) : null;
  return message.notice === "CONVERSATION_CLOSED" && by !== null ? `${line} by ${by}` : line;
}
