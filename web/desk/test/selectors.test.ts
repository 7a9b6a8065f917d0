import { describe, expect, it } from "vitest";
import { conversationsIn, countsOf, listProgress, visitorAuthor, visitorName } from "../src/store/selectors";
import type { Action } from "../src/store/reducer";
import type { View } from "../src/store/state";
import { threadItems } from "../src/store/thread-items";
import { after, conversation, message, minute, project, viewer } from "./samples";

function listed(view: View, nodes: readonly ReturnType<typeof conversation>[], hasMore = false): Action {
  return { type: "listLoaded", projectId: "demo", view, nodes, endCursor: "end", hasMore, asOf: 10 };
}
const named = (id: string, at: number, change: Parameters<typeof conversation>[0] = {}) =>
  conversation({ id, lastActivityAt: minute(at), ...change });
const ids = (list: readonly { readonly id: string }[]) => list.map((one) => one.id);

describe("visitorName", () => {
  const visitor = conversation().visitor;
  it.each([
    [{ firstName: "Jane", lastName: "Cooper" }, "Jane Cooper"],
    [{ firstName: "🔒 Jane", lastName: null }, "Jane"],
    [{ firstName: null, lastName: null }, "Visitor 3f2a"],
    [{ firstName: "✅", lastName: "\u202E" }, "Visitor 3f2a"],
  ])("of %j is %s", (names, shown) => {
    expect(visitorName({ ...visitor, ...names })).toBe(shown);
  });
});

describe("visitorAuthor", () => {
  const jane = { ...conversation().visitor, firstName: "Jane", lastName: null, assurance: "VERIFIED" } as const;
  const verified = { state: "VERIFIED", verifiedAt: minute(2), lapsedAt: null, lapseReason: null } as const;
  const lapsed = { ...verified, state: "NO_LONGER_VERIFIED", lapsedAt: minute(9) } as const;

  it.each([
    [verified, "VERIFIED", "Jane"],
    [verified, "ANONYMOUS", "Visitor, before signing in"],
    [verified, "CLAIMED", "Visitor, before signing in"],
    [lapsed, "VERIFIED", "Jane"],
    [lapsed, "ANONYMOUS", "Visitor, before signing in"],
  ] as const)("where identity is %j, what was written %s is by %s", (identity, assurance, name) => {
    const author = visitorAuthor(conversation({ visitor: jane, identity }), message(1, { assurance }));
    expect(author).toEqual({ name, isBeforeSignIn: name !== "Jane" });
  });

  it("takes no name away from a visitor who never proved one", () => {
    const author = visitorAuthor(conversation(), message(1));
    expect(author).toEqual({ name: "Visitor 3f2a", isBeforeSignIn: false });
  });
});

describe("conversationsIn", () => {
  const mine = { agent: { id: viewer.id, name: viewer.name } };
  const state = after(
    listed("all", [
      named("a", 9, { waiting: true, waitingSince: minute(9) }),
      named("b", 8, mine),
      named("c", 7, { waiting: true, waitingSince: minute(2), ...mine }),
    ]),
    listed("closed", [named("d", 6, { state: "CLOSED" })]),
  );

  it.each([
    ["all", ["a", "b", "c"]],
    ["waiting", ["c", "a"]],
    ["mine", ["b", "c"]],
    ["closed", ["d"]],
  ] as const)("shows of %s: %s", (view, expected) => {
    expect(ids(conversationsIn(state, view, null, null))).toEqual(expected);
  });

  it("keeps the open one among those who wait after it was answered", () => {
    expect(ids(conversationsIn(state, "waiting", null, "b"))).toEqual(["c", "a", "b"]);
  });

  it("shows another project's nowhere", () => {
    expect(conversationsIn(state, "all", "other", null)).toEqual([]);
  });

  it("hides those older than the page fetched: there may be others between", () => {
    const paged = after(listed("closed", [named("x", 1)]), listed("all", [named("a", 9), named("b", 8)], true));
    expect(ids(conversationsIn(paged, "all", null, null))).toEqual(["a", "b"]);
    expect(listProgress(paged, "all", null)).toEqual({ loaded: true, hasMore: true });
    expect(listProgress(paged, "mine", null)).toEqual({ loaded: false, hasMore: false });
  });
});

it("countsOf adds projects up", () => {
  const counts = { waiting: 1, mine: 2, ongoing: 3, closed: 4 };
  const projects = { demo: { ...project, counts }, other: { ...project, projectId: "other", counts } };
  expect(countsOf(projects, null)).toEqual({ waiting: 2, mine: 4, all: 6, closed: 8 });
  expect(countsOf(projects, "other")).toEqual({ waiting: 1, mine: 2, all: 3, closed: 4 });
});

describe("threadItems", () => {
  const shape = (items: ReturnType<typeof threadItems>) =>
    items.map((item) => (item.type === "run" ? item.messages.map((one) => one.sequence) : item.type));

  it("never runs proved and unproved messages together", () => {
    const verified = { assurance: "VERIFIED", verifiedAt: minute(2), sessionId: "session-2" } as const;
    const list = [
      message(1),
      message(2),
      message(3, verified),
      message(4, verified),
      message(5, { ...verified, sessionId: "session-3" }),
    ];
    expect(shape(threadItems(list, Infinity))).toEqual(["day", [1, 2], [3, 4], [5]]);
  });

  it("breaks at notices, pauses, authors and days, and marks where the new begins", () => {
    const agent = { author: { type: "AGENT", id: "agent-1", name: "Ana" }, assurance: null, sessionId: null } as const;
    const list = [
      message(1),
      message(2, { kind: "NOTICE", notice: "VISITOR_SIGNED_IN", text: null }),
      message(3),
      message(4, agent),
      message(5, { createdAt: minute(20) }),
      message(6, { createdAt: minute(40) }),
      message(7, { createdAt: minute(3 * 1440) }),
    ];
    expect(shape(threadItems(list, 5))).toEqual(["day", [1], "notice", [3], [4], [5], "new", [6], "day", [7]]);
  });
});
