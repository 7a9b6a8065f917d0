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
  /** Written by a program. */
  bot: boolean;
  /** Written before the visitor had proved who they are, in a session where they have. */
  unproven: boolean;
  /** Added by the visitor from what they wrote before they signed in. */
  copied: boolean;
  lines: Line[];
}

/** What stands in the thread, from top to bottom. */
export type Item =
  | Group
  | { kind: "day"; key: string; at: number }
  | { kind: "seam"; key: string; at: number; follows: boolean }
  | { kind: "notice"; key: string; at: number; notice: NoticeCode; name: string | null }
  | { kind: "setAside"; key: string };

const TOGETHER = 5 * 60_000;

interface Writer {
  self: boolean;
  name: string | null;
  bot: boolean;
  unproven: boolean;
  copied: boolean;
}

/** What is laid out. */
export interface Material {
  thread: Thread;
  outbox: readonly OutgoingMessage[];
  /** The reading visitor has proved who they are. */
  verified: boolean;
  /** When an anonymous conversation was set aside for the person's own, in milliseconds since 1970. */
  setAsideAt: number | null;
}

/** Lays out thread and outbox. */
export function layOut({ thread, outbox, verified, setAsideAt }: Material): Item[] {
  const layout = new Layout(setAsideAt);
  for (const part of thread) {
    const readByAgent = part.conversation?.readByAgent ?? 0;
    for (const entry of part.entries) {
      if (entry.kind === "TEXT") layout.addLine(writerOf(entry, verified), lineOf(entry, readByAgent));
      else layout.addNotice(entry);
    }
  }
  for (const message of outbox) layout.addLine({ self: true, name: null, bot: false, unproven: false, copied: false }, outgoingLine(message));
  layout.setAside(Number.POSITIVE_INFINITY);
  return layout.items;
}

/** Items from top to bottom, added in their order in time. */
class Layout {
  readonly items: Item[] = [];
  #day = "";
  #setAsideAt: number | null;

  constructor(setAsideAt: number | null) {
    this.#setAsideAt = setAsideAt;
  }

  addLine(writer: Writer, line: Line): void {
    this.#reach(line.at, line.key);
    const group = this.items.at(-1);
    if (
      group?.kind === "group" &&
      group.self === writer.self &&
      group.name === writer.name &&
      group.bot === writer.bot &&
      group.unproven === writer.unproven &&
      group.copied === writer.copied &&
      line.at - (group.lines.at(-1)?.at ?? 0) < TOGETHER
    ) {
      group.lines.push(line);
    } else {
      this.items.push({ kind: "group", key: `group ${line.key}`, ...writer, lines: [line] });
    }
  }

  addNotice({ id, notice, createdAt, author }: Entry): void {
    if (notice === null) return;
    const at = Date.parse(createdAt);
    this.#reach(at, id);
    const follows = this.items.some((item) => item.kind === "group");
    this.items.push(
      notice === "VISITOR_SIGNED_IN" ? { kind: "seam", key: id, at, follows } : { kind: "notice", key: id, at, notice, name: author.name },
    );
  }

  /** Says once, where it happened, that a conversation was set aside, if that was before `at`. */
  setAside(at: number): void {
    if (this.#setAsideAt === null || at <= this.#setAsideAt) return;
    this.items.push({ kind: "setAside", key: "set aside" });
    this.#setAsideAt = null;
  }

  #reach(at: number, key: string): void {
    this.setAside(at);
    const day = new Date(at).toDateString();
    if (day === this.#day) return;
    this.#day = day;
    this.items.push({ kind: "day", key: `day of ${key}`, at });
  }
}

function writerOf(entry: Entry, verified: boolean): Writer {
  const { self, name, type } = entry.author;
  return {
    self,
    name: self ? null : name,
    bot: type === "BOT",
    unproven: self && verified && entry.assurance !== "VERIFIED",
    copied: Boolean(entry.copiedFrom),
  };
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

function outgoingLine(message: OutgoingMessage): Line {
  return {
    key: message.clientMessageId,
    text: message.text,
    at: message.writtenAt,
    progress: message.state === "sent" ? "delivered" : message.state,
    outgoing: message,
  };
}
