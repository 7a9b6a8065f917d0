/**
 * The thread as it is drawn: days, seams, notices and groups of messages by one author.
 *
 * Pure. Messages of one author within five minutes stand together under one name and one time.
 */
import type { OutgoingMessage, Thread } from "@signet/client";
import type { Entry, NoticeCode } from "@signet/protocol";

/** How far a message of the visitor's own has come. */
export type Progress = "queued" | "sending" | "delivered" | "read" | "failed";

/** One message. */
export interface Line {
  key: string;
  text: string;
  at: number;
  /** Own messages only. */
  progress: Progress | null;
  /** The message that is still on its way. */
  outgoing: OutgoingMessage | null;
}

/** Messages by one author that stand together. */
export interface Group {
  kind: "group";
  key: string;
  self: boolean;
  name: string | null;
  /** Written before the visitor had proved who they are, in a session where they have. */
  unproven: boolean;
  lines: Line[];
}

/** What stands in the thread, from top to bottom. */
export type Item =
  | Group
  | { kind: "day"; key: string; at: number }
  | { kind: "seam"; key: string; at: number; follows: boolean }
  | { kind: "notice"; key: string; at: number; notice: NoticeCode };

const TOGETHER = 5 * 60_000;

interface Writer {
  self: boolean;
  name: string | null;
  unproven: boolean;
}

/** Lays out thread and outbox. `verified`: the reading visitor has proved who they are. */
export function layOut(thread: Thread, outbox: readonly OutgoingMessage[], verified: boolean): Item[] {
  const items: Item[] = [];
  let day = "";
  const startDay = (at: number): void => {
    const now = new Date(at).toDateString();
    if (now === day) return;
    day = now;
    items.push({ kind: "day", key: `day ${now}`, at });
  };
  const addLine = (writer: Writer, line: Line): void => {
    startDay(line.at);
    const group = items.at(-1);
    if (
      group?.kind === "group" &&
      group.self === writer.self &&
      group.name === writer.name &&
      group.unproven === writer.unproven &&
      line.at - (group.lines.at(-1)?.at ?? 0) < TOGETHER
    ) {
      group.lines.push(line);
    } else {
      items.push({ kind: "group", key: `group ${line.key}`, ...writer, lines: [line] });
    }
  };

  for (const part of thread) {
    const readByAgent = part.conversation?.readByAgent ?? 0;
    for (const entry of part.entries) {
      if (entry.kind === "TEXT") addLine(writerOf(entry, verified), lineOf(entry, readByAgent));
      else addNotice(entry);
    }
  }
  for (const message of outbox) {
    addLine(
      { self: true, name: null, unproven: false },
      {
        key: message.clientMessageId,
        text: message.text,
        at: message.writtenAt,
        progress: message.state === "sent" ? "delivered" : message.state,
        outgoing: message,
      },
    );
  }
  return items;

  function addNotice(entry: Entry): void {
    const at = Date.parse(entry.createdAt);
    if (entry.notice === null) return;
    startDay(at);
    const follows = items.some((item) => item.kind === "group");
    items.push(
      entry.notice === "VISITOR_SIGNED_IN"
        ? { kind: "seam", key: entry.id, at, follows }
        : { kind: "notice", key: entry.id, at, notice: entry.notice },
    );
  }
}

function writerOf(entry: Entry, verified: boolean): Writer {
  const { self, name } = entry.author;
  return { self, name: self ? null : name, unproven: self && verified && entry.assurance !== "VERIFIED" };
}

function lineOf(entry: Entry, readByAgent: number): Line {
  return {
    // An own message keeps its key while it turns from outgoing into an entry, so its element stays in place.
    key: entry.clientMessageId ?? entry.id,
    text: entry.text ?? "",
    at: Date.parse(entry.createdAt),
    progress: entry.author.self ? (entry.sequence <= readByAgent ? "read" : "delivered") : null,
    outgoing: null,
  };
}
