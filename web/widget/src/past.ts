/** The way back through a visitor's conversations, page by page. What was begun for one session never ends up in another's thread. */
import { withConversation, withEntries } from "@signet/client";
import type { Thread, VisitorApi, VisitorConnection } from "@signet/client";

/** How much of the past is here. */
export type HistoryState = "unknown" | "more" | "loading" | "failed" | "complete";

/** See the module's description. */
export class Past {
  readonly #api: VisitorApi;
  readonly #connection: VisitorConnection;
  #cursor: string | null = null;
  #owner: string | null = null;

  constructor(api: VisitorApi, connection: VisitorConnection) {
    this.#api = api;
    this.#connection = connection;
  }

  /** Whose past it is. True if it was another session's before: then it begins anew. */
  follow(sessionId: string | null): boolean {
    if (sessionId === this.#owner) return false;
    this.#owner = sessionId;
    this.#cursor = null;
    return true;
  }

  /** Loads the next older page. `null` if it came too late for its session. */
  async load(token: string): Promise<HistoryState | null> {
    const owner = this.#owner;
    try {
      // The first page overlaps what the socket brought; go on until something new appears.
      for (let found = false; !found; ) {
        const page = await this.#api.history(token, this.#cursor);
        if (owner !== this.#owner) return null;
        const before = this.#connection.state.thread;
        let thread = withEntries(before, page.entries);
        for (const conversation of page.conversations) thread = withConversation(thread, conversation);
        found = countEntries(thread) > countEntries(before) || page.before === null;
        this.#connection.addHistory(() => thread);
        this.#cursor = page.before;
      }
      return this.#cursor === null ? "complete" : "more";
    } catch {
      return owner === this.#owner ? "failed" : null;
    }
  }
}

function countEntries(thread: Thread): number {
  return thread.reduce((count, part) => count + part.entries.length, 0);
}
