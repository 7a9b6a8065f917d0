/** A thread as it is drawn: days, the line above what is new, notices, and runs of messages of one author. */
import { sameDay } from "@signet/kit";
import type { Message } from "../graphql/documents";

export type ThreadItem =
  | { readonly type: "day"; readonly key: string; readonly at: string }
  | { readonly type: "new"; readonly key: string }
  | { readonly type: "notice"; readonly key: string; readonly message: Message }
  | { readonly type: "run"; readonly key: string; readonly messages: readonly [Message, ...Message[]] };

/** A pause longer than this starts a new run, milliseconds. */
const PAUSE = 5 * 60_000;

/**
 * Messages of one author form a run while session and assurance stay the same: a run has one mark in words, so
 * nothing written without proof may stand in the run of something written with it.
 *
 * `newAfter`: the sequence up to which the agents had read when the thread was opened.
 */
export function threadItems(messages: readonly Message[], newAfter: number): readonly ThreadItem[] {
  const items: ThreadItem[] = [];
  let previous: Message | undefined;
  let isNewMarked = newAfter === 0;
  for (const message of messages) {
    if (previous === undefined || !sameDay(previous.createdAt, message.createdAt)) {
      items.push({ type: "day", key: `day ${message.id}`, at: message.createdAt });
    }
    if (!isNewMarked && message.sequence > newAfter && message.author.type === "VISITOR") {
      items.push({ type: "new", key: "new" });
      isNewMarked = true;
    }
    const last = items[items.length - 1];
    if (message.kind === "NOTICE") items.push({ type: "notice", key: message.id, message });
    else if (last?.type === "run" && previous !== undefined && runsOn(previous, message))
      items[items.length - 1] = { ...last, messages: [...last.messages, message] };
    else items.push({ type: "run", key: message.id, messages: [message] });
    previous = message;
  }
  return items;
}

function runsOn(previous: Message, message: Message): boolean {
  return (
    previous.author.type === message.author.type &&
    previous.author.id === message.author.id &&
    previous.assurance === message.assurance &&
    previous.sessionId === message.sessionId &&
    (previous.copiedFrom === null) === (message.copiedFrom === null) &&
    Date.parse(message.createdAt) - Date.parse(previous.createdAt) < PAUSE
  );
}
