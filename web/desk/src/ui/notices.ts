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
  IDENTITY_REQUESTED: "Asked to confirm identity",
  IDENTITY_NOT_CONFIRMED: "Visitor did not confirm their identity",
  IDENTITY_REQUEST_UNANSWERED: "No answer to the request to confirm identity",
  EARLIER_MESSAGES_ADDED: "Visitor added what they wrote before signing in — not verified",
  BOT_ANSWERS: "Automatic assistant answers",
  BOT_TRANSFERRED: "Bot asks an agent to take over",
  BOT_RESUMED: "No agent came in time — the bot goes on",
  BOT_FAILED: "Bot could not answer — the visitor waits for an agent",
};

const byAgents: ReadonlySet<NoticeCode | null> = new Set(["CONVERSATION_CLOSED", "IDENTITY_REQUESTED"]);
const authors: ReadonlySet<Message["author"]["type"]> = new Set(["AGENT", "BOT"]);

/** A notice in words; for one whose code this build does not know, the server's own text. */
export function noticeWords(message: Message): string {
  const known: string | undefined = message.notice === null ? undefined : words[message.notice];
  const line = known ?? message.text ?? "Something changed";
  const by = authors.has(message.author.type) ? cleanName(message.author.name) : null;
  return byAgents.has(message.notice) && by !== null ? `${line} by ${by}` : line;
}
