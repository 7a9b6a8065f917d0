import { describe, expect, it } from "vitest";
import { reduce, type Action } from "../src/store/reducer";
import {
  after,
  changed,
  conversation,
  message,
  minute,
  project,
  sent,
  sequencesOf,
  started,
  threadLoaded,
  viewer,
} from "./samples";

const held = (state: ReturnType<typeof after>) => state.conversations["one"]?.conversation;

describe("events", () => {
  it("change nothing when they come twice", () => {
    const once = after(threadLoaded([1, 2], 10), sent(11, 3), sent(12, 4));
    const twice = [sent(11, 3), sent(12, 4), sent(11, 3)].reduce(reduce, once);
    expect(twice).toEqual(once);
  });

  it("keep their place whatever the order they come in", () => {
    const inOrder = after(threadLoaded([1], 10), sent(11, 2), sent(12, 3));
    const late = after(threadLoaded([1], 10), sent(11, 2), sent(12, 3), sent(11, 2));
    expect(sequencesOf(late)).toEqual([1, 2, 3]);
    expect(held(late)).toEqual(held(inOrder));
    expect(late.cursors["demo"]).toBe(12);
  });

  it("never leave a hole: a message that does not join on marks the thread as stale", () => {
    const state = after(threadLoaded([1, 2], 10), sent(13, 5));
    expect(sequencesOf(state)).toEqual([1, 2]);
    expect(state.threads["one"]?.stale).toBe(true);
    const mended = reduce(state, threadLoaded([1, 2, 3, 4, 5], 13));
    expect(sequencesOf(mended)).toEqual([1, 2, 3, 4, 5]);
    expect(mended.threads["one"]?.stale).toBe(false);
  });

  it("hold no messages of threads that were never opened", () => {
    const state = after(sent(11, 1));
    expect(state.threads["one"]).toBeUndefined();
    expect(held(state)?.lastMessage?.sequence).toBe(1);
  });

  it("move the cursor on, and not back when projects are read again", () => {
    const state = after(sent(11, 1), { type: "projectsLoaded", projects: [{ ...project, eventCursor: 99 }] });
    expect(state.cursors["demo"]).toBe(11);
    expect(started.cursors["demo"]).toBe(10);
  });

  it("of typing leave no trace but the time, until it lapses or the message comes", () => {
    const typing = after(threadLoaded([1], 10), changed(null, "VISITOR_TYPING", { lastSequence: 9 }));
    expect(typing.typing["one"]).toBe(7);
    expect(held(typing)?.lastSequence).toBe(1);
    expect(reduce(typing, { type: "typingLapsed", conversationId: "one", at: 7 }).typing).toEqual({});
    expect(reduce(typing, { type: "typingLapsed", conversationId: "one", at: 6 }).typing).toEqual({ one: 7 });
    expect(reduce(typing, sent(11, 2)).typing).toEqual({});
  });
});

describe("answers that events overtook", () => {
  const lapsed = {
    state: "NO_LONGER_VERIFIED",
    verifiedAt: minute(0),
    lapsedAt: minute(5),
    lapseReason: "EXPIRED",
  } as const;
  const verified = { state: "VERIFIED", verifiedAt: minute(0), lapsedAt: null, lapseReason: null } as const;
  const listed = (asOf: number, change: Parameters<typeof conversation>[0]): Action => ({
    type: "listLoaded",
    projectId: "demo",
    view: "all",
    nodes: [conversation(change)],
    endCursor: null,
    hasMore: false,
    asOf,
  });

  it("do not close the padlock again", () => {
    const state = after(
      changed(12, "VISITOR_IDENTITY_LAPSED", { lastSequence: 4, identity: lapsed }),
      listed(10, { lastSequence: 3, identity: verified }),
    );
    expect(held(state)?.identity.state).toBe("NO_LONGER_VERIFIED");
  });

  it("do not do so either when no entry was written meanwhile", () => {
    const state = after(
      changed(12, "VISITOR_IDENTITY_LAPSED", { lastSequence: 4, identity: lapsed }),
      listed(11, { lastSequence: 4, identity: verified }),
    );
    expect(held(state)?.identity.state).toBe("NO_LONGER_VERIFIED");
  });

  it("are taken when they were asked for after the last event", () => {
    const state = after(
      changed(12, "CONVERSATION_UPDATED", { lastSequence: 4, identity: lapsed }),
      listed(12, { lastSequence: 4, identity: verified }),
    );
    expect(held(state)?.identity.state).toBe("VERIFIED");
  });

  it("do not open a closed conversation", () => {
    const state = after(
      changed(12, "CONVERSATION_CLOSED", {
        lastSequence: 4,
        state: "CLOSED",
        closedAt: minute(4),
        closeReason: "AGENT",
      }),
      listed(12, { lastSequence: 4, waiting: true }),
    );
    expect(held(state)).toMatchObject({ state: "CLOSED", closedAt: minute(4), closeReason: "AGENT", waiting: false });
  });

  it("do not take read marks back", () => {
    const read = { type: "readLocally", conversationId: "one", sequence: 4 } as const;
    const state = after(
      changed(12, "MESSAGE_SENT", { lastSequence: 4, unreadCount: 2, readByVisitor: 3 }),
      read,
      listed(12, { lastSequence: 4, unreadCount: 2 }),
    );
    expect(held(state)).toMatchObject({ readByAgent: 4, unreadCount: 0, readByVisitor: 3 });
  });

  it("do not lose the message that came while the thread was fetched", () => {
    const state = after(threadLoaded([1, 2], 10), sent(11, 3), threadLoaded([1, 2], 10));
    expect(sequencesOf(state)).toEqual([1, 2, 3]);
    expect(held(state)?.lastSequence).toBe(3);
  });
});

describe("pages", () => {
  it("join on, and the earliest one says where to go on", () => {
    const earlier: Action = {
      type: "earlierLoaded",
      conversationId: "one",
      page: { nodes: [message(1), message(2)], startCursor: "before-1", hasEarlier: false },
    };
    const state = after(threadLoaded([3, 4], 10, true), earlier, threadLoaded([3, 4], 10, true));
    expect(sequencesOf(state)).toEqual([1, 2, 3, 4]);
    expect(state.threads["one"]).toMatchObject({ startCursor: "before-1", hasEarlier: false });
  });

  it("take the place of what is held when much was missed", () => {
    const state = after(threadLoaded([1, 2], 10), threadLoaded([60, 61], 90, true));
    expect(sequencesOf(state)).toEqual([60, 61]);
    expect(state.threads["one"]).toMatchObject({ startCursor: "before-60", hasEarlier: true });
  });
});

describe("messages of this agent", () => {
  const pending = { clientMessageId: "mine-1", text: "Hello", at: 1, failure: null };
  const start: Action = { type: "sendStarted", conversationId: "one", pending };
  const own = {
    author: { type: "AGENT", id: viewer.id, name: viewer.name },
    assurance: null,
    clientMessageId: "mine-1",
  } as const;
  const confirm: Action = { type: "sendConfirmed", clientMessageId: "mine-1", message: message(2, own) };

  it.each([
    ["the answer first", [start, confirm, sent(11, 2, own)]],
    ["the event first", [start, sent(11, 2, own), confirm]],
    ["the event alone, its answer lost", [start, sent(11, 2, own)]],
    [
      "only found when the thread is read again",
      [
        start,
        {
          ...threadLoaded([1], 11),
          page: { nodes: [message(1), message(2, own)], startCursor: null, hasEarlier: false },
        } as Action,
      ],
    ],
  ])("stand once: %s", (_, actions) => {
    const state = after(threadLoaded([1], 10), ...actions);
    expect(sequencesOf(state)).toEqual([1, 2]);
    expect(state.pending["one"]).toEqual([]);
  });

  it("wait with their reason after a failure, and are sent again under the same id", () => {
    const failure = { words: "No connection.", waitsForConnection: true };
    const failed = after(start, { type: "sendFailed", conversationId: "one", clientMessageId: "mine-1", failure });
    expect(failed.pending["one"]).toEqual([{ ...pending, failure }]);
    expect(reduce(failed, start).pending["one"]).toEqual([pending]);
    expect(
      reduce(failed, { type: "sendDiscarded", conversationId: "one", clientMessageId: "mine-1" }).pending["one"],
    ).toEqual([]);
  });
});

describe("drafts", () => {
  it("are kept by conversation and end with their last letter", () => {
    const written = after({ type: "draftChanged", conversationId: "one", text: "Dear" });
    expect(written.drafts).toEqual({ one: "Dear" });
    expect(reduce(written, { type: "draftChanged", conversationId: "one", text: "" }).drafts).toEqual({});
  });
});
