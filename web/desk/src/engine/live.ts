/**
 * Keeps one subscription a project open for as long as the desk is. After a break each goes on from the last
 * cursor held, so nothing that happened meanwhile is missed.
 */
import { stringifyDocument } from "@urql/core";
import { createClient } from "graphql-ws";
import { isUnauthenticated } from "../graphql/client";
import { type ConversationEvent, eventsDocument, type ResultOf } from "../graphql/documents";
import type { Connection } from "../store/state";

export interface LiveOptions {
  readonly url: string;
  readonly projectIds: () => readonly string[];
  /** Where a project's subscription starts or goes on. */
  readonly cursor: (projectId: string) => number | undefined;
  readonly onEvent: (projectId: string, event: ConversationEvent) => void;
  readonly onConnection: (connection: Connection) => void;
  /** Asked before every new attempt; `false` ends the attempts (nobody is signed in). */
  readonly mayReconnect: () => Promise<boolean>;
  readonly onUnauthenticated: () => void;
}

/** Milliseconds before the first new attempt, and between attempts at most. */
const FIRST_WAIT = 500;
const LONGEST_WAIT = 10_000;

/** Starts, and returns what stops it. */
export function startLive(options: LiveOptions): () => void {
  const query = stringifyDocument(eventsDocument);
  let stopped = false;
  let attempts = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closeCurrent = () => {};

  function open(): void {
    let over = false;
    const fail = (unauthenticated: boolean) => {
      if (over) return;
      over = true;
      void client.dispose();
      if (stopped) return;
      options.onConnection("lost");
      if (unauthenticated) options.onUnauthenticated();
      else schedule();
    };
    const client = createClient({
      url: options.url,
      lazy: false,
      retryAttempts: 0,
      // Notices a network that vanished without a word.
      keepAlive: 12_000,
      connectionAckWaitTimeout: 10_000,
      onNonLazyError: () => fail(false),
      on: {
        connected: () => {
          if (over) return;
          attempts = 0;
          options.onConnection("live");
          for (const projectId of options.projectIds()) subscribe(projectId);
        },
        closed: () => fail(false),
        ping: (received) => {
          if (received) return;
          clearTimeout(pongTimer);
          pongTimer = setTimeout(() => client.terminate(), 6_000);
        },
        pong: (received) => {
          if (received) clearTimeout(pongTimer);
        },
      },
    });
    let pongTimer: ReturnType<typeof setTimeout> | undefined;
    const subscribe = (projectId: string) => {
      client.subscribe<ResultOf<typeof eventsDocument>>(
        { query, variables: { projectId, after: options.cursor(projectId) ?? null } },
        {
          next: (result) => {
            if (over) return;
            if (result.errors !== undefined) fail(result.errors.some(isUnauthenticated));
            else if (result.data != null) options.onEvent(projectId, result.data.conversationEvents);
          },
          error: (error) => fail(Array.isArray(error) && error.some(isUnauthenticated)),
          complete: () => fail(false),
        },
      );
    };
    closeCurrent = () => {
      over = true;
      clearTimeout(pongTimer);
      void client.dispose();
    };
  }

  function schedule(): void {
    const wait = Math.min(FIRST_WAIT * 2 ** attempts, LONGEST_WAIT);
    attempts += 1;
    clearTimeout(timer);
    // Jitter: after a restart of the server all desks must not come back in one moment.
    timer = setTimeout(retry, wait * (0.5 + Math.random()));
  }

  function retry(): void {
    clearTimeout(timer);
    timer = undefined;
    void options.mayReconnect().then((may) => {
      if (may && !stopped) open();
    });
  }

  const retryNow = () => {
    if (timer !== undefined) retry();
  };
  window.addEventListener("online", retryNow);
  open();
  return () => {
    stopped = true;
    clearTimeout(timer);
    window.removeEventListener("online", retryNow);
    closeCurrent();
  };
}
