import type { ActivateRequest, ActivateResponse, AuthenticationOption, Session } from "@signet/protocol";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { SignOuts, VisitorApi, VisitorConnection, VisitorSession, isLocked } from "../src";
import type { DeviceStore, HandleStore, SessionEvent } from "../src";
import { World, entry, settle, welcome } from "./world";

type Answer = ActivateResponse | "unreachable" | "unavailable";

const SECURED: AuthenticationOption = { type: "SECURED_AUTHENTICATION", token: "visitor-token" };
const ANONYMOUS: AuthenticationOption = { type: "ANONYMOUS" };
const REFUSED: ActivateResponse = {
  status: "authentication-failure",
  reason: "Failed to fetch authentication with a server error: the token has expired",
  code: "TOKEN_EXPIRED",
  correlationId: "r-1",
};
const MINUTE = 60_000;

let world: World;
let answers: Answer[];
let requests: ActivateRequest[];
let logouts: (string | null)[];
let serverReachable: boolean;
let stored: string | null;
let browser: string | null;
let browsers: number;
let kept: string | null;
let owed: string[];
let shared: Session[];
let signOuts: SignOuts;
let proofs: (AuthenticationOption | null)[];
let asked: number;
let events: string[];
let connection: VisitorConnection;
let session: VisitorSession;

/** An hour's session, counted from now. */
function granted(change: Partial<Session> = {}, outcome = "NEW", device: string | null = null): ActivateResponse {
  const at = (minutes: number): string => new Date(world.now() + minutes * MINUTE).toISOString();
  return {
    status: "authentication-success",
    correlationId: "r-0",
    session: {
      accessToken: "token-1",
      sessionId: "s-1",
      visitorId: "v-1",
      assurance: "VERIFIED",
      expiresAt: at(60),
      renewFrom: at(48),
      renewUntil: at(57),
      displayName: "Jane",
      signOutHandle: `handle of ${change.sessionId ?? "s-1"}`,
      proofNonce: null,
      ...change,
    },
    device,
    project: { id: "demo", name: "Lumen" },
    continuity: {
      outcome: outcome as "NEW",
      earlierConversationId: outcome === "BOTH" ? "c-0" : null,
      earlierClosedAt: outcome === "BOTH" ? at(0) : null,
    },
    observed: null,
  };
}

const anonymously = (): ActivateResponse =>
  granted({ accessToken: "token-a", sessionId: "s-a", visitorId: "v-a", assurance: "ANONYMOUS", displayName: null }, "NONE", "device-1");

async function serve(input: string, init: RequestInit): Promise<Response> {
  if (!serverReachable) throw new TypeError("network down");
  if (input.endsWith("/logout")) {
    logouts.push(new Headers(init.headers).get("authorization"));
    return new Response(null, { status: 204 });
  }
  requests.push(JSON.parse(String(init.body)) as ActivateRequest);
  const answer = answers.shift();
  if (answer === undefined) throw new Error("the test expected no such request");
  if (answer === "unreachable") throw new TypeError("network down");
  if (answer === "unavailable") return new Response("bad gateway", { status: 502 });
  return Response.json(answer, { status: answer.status === "authentication-success" ? 200 : 401 });
}

beforeEach(() => {
  world = new World();
  answers = [];
  requests = [];
  logouts = [];
  serverReachable = true;
  stored = null;
  browser = null;
  browsers = 0;
  kept = null;
  owed = [];
  shared = [];
  proofs = [];
  asked = 0;
  events = [];
  const device: DeviceStore = {
    load: () => stored,
    save: (credential) => {
      stored = credential;
    },
    forget: () => {
      stored = null;
    },
    browserId: () => (browser ??= `browser-${(browsers += 1)}`),
    forgetBrowser: () => {
      browser = null;
    },
  };
  const handles: HandleStore = {
    keep: (handle) => {
      kept = handle;
    },
    owe: (own) => {
      owed = [...new Set([...owed, kept, own])].filter((handle) => handle !== null);
      kept = null;
    },
    owed: () => owed,
    paid: (handle) => {
      owed = owed.filter((one) => one !== handle);
    },
  };
  connection = new VisitorConnection(world, (event) => {
    if (event.type === "expired") session.expired();
    if (event.type === "ended") session.ended();
  });
  const api = new VisitorApi(serve, world);
  signOuts = new SignOuts(api, world, handles);
  session = new VisitorSession({
    projectId: "demo",
    origin: "https://shop.example",
    api,
    environment: world,
    connection,
    device,
    siblings: { alone: (work) => work(), share: (proved) => void shared.push(proved) },
    signOuts,
    askProvider: () => {
      asked += 1;
      return Promise.resolve(proofs.shift() ?? null);
    },
    listener: (event: SessionEvent) => {
      if (event.type !== "changed") events.push(event.type);
    },
  });
});

async function activate(option: AuthenticationOption, answer: ActivateResponse): Promise<unknown> {
  answers.push(answer);
  const activation = session.activate(option);
  await world.pass(0);
  return activation;
}

/** Opens the socket of the newest session. */
function join(frame = welcome()): void {
  world.socket.onopen?.();
  world.socket.say(frame);
}

describe("activation", () => {
  test("sends what the contract asks for and opens the socket with the session's token", async () => {
    stored = "device-0";
    await activate(SECURED, granted());
    expect(requests).toEqual([
      {
        projectId: "demo",
        origin: "https://shop.example",
        authenticationOption: SECURED,
        session: null,
        device: "device-0",
        browserId: "browser-1",
      },
    ]);
    world.socket.onopen?.();
    expect(world.socket.of("hello")[0]?.token).toBe("token-1");
  });

  test("a token that is only observed proves nothing, and takes nothing from who is verified", async () => {
    const observed = { status: "authentication-success", reason: null, code: null } as const;
    const guest = (): ActivateResponse => ({ ...anonymously(), observed }) as ActivateResponse;
    expect(await activate(SECURED, guest())).toMatchObject({ status: "authentication-success", observed });
    expect(session.state.session?.assurance).toBe("ANONYMOUS");
    expect(stored).toBe("device-1");
    // An agent's request to confirm identity is not answered by it.
    proofs.push(SECURED);
    answers.push(guest());
    const confirmed = session.confirm();
    await world.pass(0);
    expect(await confirmed).toBe(false);
    expect(events).not.toContain("restored");

    await activate(SECURED, granted());
    expect(await activate(SECURED, guest())).toMatchObject({ status: "authentication-failure", code: "PROJECT_NOT_SET_UP" });
    expect(session.state.session?.assurance).toBe("VERIFIED");
  });

  test("a transport failure is tried three more times, further apart each time", async () => {
    answers.push("unreachable", "unavailable", "unreachable", "unreachable");
    proofs.push(...["2", "3", "4"].map((token): AuthenticationOption => ({ type: "SECURED_AUTHENTICATION", token })));
    const activation = session.activate(SECURED);
    await world.pass(0);
    expect(requests).toHaveLength(1);
    await world.pass(400);
    expect(requests).toHaveLength(2);
    await world.pass(5_000);
    expect(requests).toHaveLength(4);
    expect(await activation).toMatchObject({ status: "authentication-failure", code: "SERVICE_UNAVAILABLE" });
    await world.pass(10 * MINUTE);
    expect(requests).toHaveLength(4);
    // A token opens one session: each try has its own, because the first may have arrived.
    const tokens = requests.map(({ authenticationOption }) => JSON.stringify(authenticationOption));
    expect(new Set(tokens).size).toBe(4);
  });

  test("a page that has no further token ends the tries", async () => {
    answers.push("unreachable");
    const activation = session.activate(SECURED);
    await world.pass(10 * MINUTE);
    expect(requests).toHaveLength(1);
    expect(await activation).toMatchObject({ status: "authentication-failure", code: "SERVICE_UNAVAILABLE" });
  });

  test("a refused token is not tried again", async () => {
    expect(await activate(SECURED, REFUSED)).toEqual(REFUSED);
    await world.pass(10 * MINUTE);
    expect(requests).toHaveLength(1);
    expect(session.state.session).toBeNull();
  });

  test("two tabs that a new browser opens at once have one guest: the slower goes on as the faster", async () => {
    answers.push(anonymously(), anonymously());
    const activation = session.activate(ANONYMOUS);
    while (requests.length === 0) await Promise.resolve();
    stored = "device-of-the-other-tab";
    await world.pass(0);
    await activation;
    expect(requests.map(({ device }) => device)).toEqual([null, "device-of-the-other-tab"]);
    expect(world.sockets).toHaveLength(1);
  });

  test("the device credential is kept while anonymous and forgotten once verified", async () => {
    await activate(ANONYMOUS, anonymously());
    expect(stored).toBe("device-1");
    await activate(SECURED, granted({}, "ADOPTED"));
    expect(requests[1]).toMatchObject({ session: "token-a", device: "device-1" });
    expect(stored).toBeNull();
  });

  test("the session's token is in nothing a screen can see", async () => {
    await activate(SECURED, granted());
    expect(JSON.stringify(session.state)).not.toContain("token-1");
    expect(JSON.stringify(session)).not.toContain("token-1");
  });
});

describe("signing in during a conversation", () => {
  test.each([
    ["ADOPTED", 1],
    ["BOTH", 0],
    ["RESUMED", 0],
  ])("%s keeps %i of the anonymous conversation in view", async (outcome, kept) => {
    await activate(ANONYMOUS, anonymously());
    join(welcome({ entries: [entry(1)] }));
    await activate(SECURED, granted({}, outcome));
    expect(connection.state.thread).toHaveLength(kept);
    expect(session.state.setAside?.conversationId ?? null).toBe(outcome === "BOTH" ? "c-0" : null);
  });

  test("a switch is no upgrade: nothing of the first person stays", async () => {
    await activate(ANONYMOUS, anonymously());
    join(welcome({ entries: [entry(1)] }));
    connection.send("the first person's words");
    await activate(SECURED, granted({}, "SWITCHED"));
    expect(events).toEqual(["wiped"]);
    expect(connection.state.thread).toEqual([]);
    expect(connection.state.outbox).toEqual([]);
  });

  test("the old socket's end does not end the new session", async () => {
    await activate(ANONYMOUS, anonymously());
    join();
    answers.push(granted({}, "ADOPTED"));
    const upgrade = session.activate(SECURED);
    world.socket.end(4401);
    await world.pass(0);
    await upgrade;
    expect(events).toEqual([]);
    expect(session.state.session?.assurance).toBe("VERIFIED");
  });

  test("if the upgrade failed after all, an ended session is ended", async () => {
    await activate(ANONYMOUS, anonymously());
    join();
    answers.push(REFUSED);
    const upgrade = session.activate(SECURED);
    world.socket.end(4401);
    await world.pass(0);
    await upgrade;
    await settle();
    expect(events).toEqual(["wiped", "ended"]);
    expect(session.state.session).toBeNull();
  });

  test("in another tab: the guest's content goes, and this tab's own provider says who comes", async () => {
    await activate(ANONYMOUS, anonymously());
    join(welcome({ entries: [entry(1)] }));
    stored = null; // the other tab's doing
    proofs.push(SECURED);
    answers.push(granted({}, "RESUMED"));
    world.socket.end(4401);
    expect(connection.state.thread).toEqual([]);
    await vi.waitFor(() => expect(events).toEqual(["wiped", "restored"]));
    expect(requests.at(-1)).toMatchObject({ session: null, device: null, authenticationOption: SECURED });
    expect(session.state).toMatchObject({ phase: "open", session: { assurance: "VERIFIED" } });
  });

  test("in another tab, while this tab's provider knows nobody: the guest's session is over", async () => {
    await activate(ANONYMOUS, anonymously());
    join();
    proofs.push(ANONYMOUS);
    world.socket.end(4401);
    await settle();
    expect(events).toEqual(["wiped", "ended"]);
    expect(requests).toHaveLength(1);
  });

  test("in another tab, and out again before this tab's provider has answered: nobody comes", async () => {
    await activate(ANONYMOUS, anonymously());
    join();
    proofs.push(SECURED);
    world.socket.end(4401);
    await session.logout();
    await settle();
    expect(events).toEqual(["wiped", "wiped"]);
    expect(requests).toHaveLength(1);
    expect(session.state.phase).toBe("nobody");
  });
});

describe("who takes a person's place", () => {
  test("the first person is no newcomer, another one is until they say that it is them", async () => {
    await activate(SECURED, granted());
    expect(session.state.newcomer).toBe(false);
    await activate(SECURED, granted({ accessToken: "token-9", sessionId: "s-9", visitorId: "v-9" }, "SWITCHED"));
    expect(session.state.newcomer).toBe(true);
    session.welcome();
    expect(session.state.newcomer).toBe(false);
  });

  test("a guest who signs in is no newcomer", async () => {
    await activate(ANONYMOUS, anonymously());
    await activate(SECURED, granted({}, "RESUMED"));
    expect(session.state.newcomer).toBe(false);
  });

  test("a sign-out makes room for anybody", async () => {
    await activate(SECURED, granted());
    await session.logout();
    await activate(SECURED, granted({ sessionId: "s-9", visitorId: "v-9" }));
    expect(session.state.newcomer).toBe(false);
  });
});

describe("renewal", () => {
  test.each([
    [0, 48],
    [0.999, 57],
  ])("with chance %d asks the provider %i minutes into the hour", async (chance, minutes) => {
    world.chance = chance;
    await activate(SECURED, granted());
    join();
    await world.pass(minutes * MINUTE - 1_000);
    expect(asked).toBe(0);
    // The silent server of this test has lost the socket meanwhile.
    connection.wake();
    join();
    proofs.push(SECURED);
    answers.push(granted({ accessToken: "token-2" }, "RENEWED"));
    await world.pass(2_000);
    expect(asked).toBe(1);
    expect(requests[1]?.session).toBe("token-1");
    expect(world.socket.of("renew")).toEqual([{ type: "renew", token: "token-2" }]);
    expect(events).toEqual([]);
  });

  test("a failure is tried again in the time that is left, then the session locks once", async () => {
    await activate(SECURED, granted());
    join(welcome({ entries: [entry(1)] }));
    await world.pass(60 * MINUTE);
    expect(asked).toBeGreaterThan(2);
    expect(asked).toBeLessThan(20);
    expect(events).toEqual(["expired"]);
    expect(session.state.phase).toBe("refused");
    expect(session.token).toBeNull();
    expect(requests).toHaveLength(1);
  });

  test("a provider that turns anonymous does not make the session anonymous", async () => {
    await activate(SECURED, granted());
    join();
    proofs = Array<AuthenticationOption>(20).fill(ANONYMOUS);
    await world.pass(61 * MINUTE);
    expect(requests).toHaveLength(1);
    expect(isLocked(session.state)).toBe(true);
    expect(await session.activate(ANONYMOUS)).toMatchObject({ code: "ALREADY_ACTIVATED" });
  });

  test("an anonymous session renews without the provider", async () => {
    await activate(ANONYMOUS, anonymously());
    join();
    answers.push(anonymously());
    await world.pass(58 * MINUTE);
    expect(asked).toBe(0);
    expect(requests[1]).toMatchObject({ authenticationOption: ANONYMOUS, session: "token-a", device: "device-1" });
  });

  test("a clock that runs wrong does not shift the hour", async () => {
    // The server's times are an hour ahead of this device's clock, and its `date` says so.
    const late = (): ActivateResponse => {
      const answer = granted();
      if (answer.status !== "authentication-success") throw new Error("granted");
      const shift = (time: string): string => new Date(Date.parse(time) + 60 * MINUTE).toISOString();
      const { expiresAt, renewFrom, renewUntil } = answer.session;
      return { ...answer, session: { ...answer.session, expiresAt: shift(expiresAt), renewFrom: shift(renewFrom), renewUntil: shift(renewUntil) } };
    };
    const date = new Date(world.now() + 60 * MINUTE).toUTCString();
    const api = new VisitorApi(() => Promise.resolve(Response.json(late(), { headers: { date } })), world);
    const request = {
      projectId: "demo",
      origin: null,
      authenticationOption: SECURED,
      session: null,
      device: null,
    } as const;
    const { clockAhead } = await api.activate(request, () => Promise.resolve(null));
    expect(clockAhead).toBe(60 * MINUTE);
  });
});

describe("renewal by another tab", () => {
  const renewed = (change: Partial<Session> = {}): Session => {
    const answer = granted({ accessToken: "token-2", expiresAt: new Date(world.now() + 90 * MINUTE).toISOString(), ...change });
    if (answer.status !== "authentication-success") throw new Error("granted");
    return answer.session;
  };

  test("is shared, and taken over by the same session of the same visitor", async () => {
    await activate(SECURED, granted());
    expect(shared.map(({ accessToken }) => accessToken)).toEqual(["token-1"]);
    join();
    session.takeOver(renewed());
    expect(session.token).toBe("token-2");
    expect(world.socket.of("renew")).toEqual([{ type: "renew", token: "token-2" }]);
    await world.pass(47 * MINUTE);
    expect(asked).toBe(0);
  });

  test.each<[string, Partial<Session>]>([
    ["another session", { sessionId: "s-9" }],
    ["another visitor", { visitorId: "v-9" }],
    ["less proof", { assurance: "ANONYMOUS" }],
    ["no longer", { expiresAt: "2026-11-20T12:30:00.000Z" }],
  ])("is left alone if it is %s", async (_, change) => {
    await activate(SECURED, granted());
    session.takeOver(renewed(change));
    expect(session.token).toBe("token-1");
  });

  test("is nothing to a client without a session", async () => {
    await activate(SECURED, granted());
    await session.logout();
    session.takeOver(renewed());
    expect(session.state.phase).toBe("nobody");
    expect(session.token).toBeNull();
  });

  test("unlocks what has lapsed", async () => {
    await activate(SECURED, granted());
    join();
    world.socket.say({ type: "expired" });
    await settle();
    session.takeOver(renewed());
    expect(session.state.phase).toBe("open");
    expect(events).toEqual(["expired", "restored"]);
  });
});

describe("a session whose time has passed", () => {
  async function lapse(): Promise<void> {
    await activate(SECURED, granted());
    join(welcome({ entries: [entry(1)] }));
    world.socket.say({ type: "expired" });
    await settle();
  }

  test("locks at the server's word, sends nothing and keeps what was written", async () => {
    await lapse();
    connection.send("kept");
    await world.pass(5 * MINUTE);
    expect(isLocked(session.state)).toBe(true);
    expect(world.sockets).toHaveLength(1);
    expect(connection.state.outbox).toHaveLength(1);
  });

  test("the same person unlocks it, and what was written goes out", async () => {
    await lapse();
    connection.send("kept");
    proofs.push(SECURED);
    answers.push(granted({ accessToken: "token-2" }, "RENEWED"));
    await session.prove();
    expect(requests.at(-1)?.session).toBe("token-1");
    join();
    expect(world.socket.of("send").map(({ text }) => text)).toEqual(["kept"]);
    expect(session.state.phase).toBe("open");
    expect(events).toEqual(["expired", "restored"]);
  });

  test("another person gets nothing of it", async () => {
    await lapse();
    connection.send("the first person's words");
    proofs.push(SECURED);
    answers.push(granted({ accessToken: "token-9", sessionId: "s-9", visitorId: "v-9" }, "SWITCHED"));
    await session.prove();
    expect(events).toContain("wiped");
    expect(connection.state.thread).toEqual([]);
    expect(connection.state.outbox).toEqual([]);
    join(welcome({ conversation: null }));
    expect(world.socket.of("hello")[0]).toMatchObject({ token: "token-9", conversationId: null });
    expect(world.socket.of("send")).toEqual([]);
  });

  test("another visitor is a switch even when the answer does not say so", async () => {
    await lapse();
    connection.send("the first person's words");
    await activate(SECURED, granted({ sessionId: "s-9", visitorId: "v-9" }, "RESUMED"));
    expect(connection.state.outbox).toEqual([]);
  });

  test("an anonymous one comes back by itself", async () => {
    await activate(ANONYMOUS, anonymously());
    join();
    answers.push("unreachable", anonymously());
    world.socket.end(4403);
    await world.pass(10_000);
    expect(session.state.phase).toBe("open");
    expect(events).toEqual([]);
    expect(world.sockets).toHaveLength(2);
  });
});

describe("signing out", () => {
  test("wipes before it talks to the server, and forgets the device", async () => {
    await activate(ANONYMOUS, anonymously());
    join(welcome({ entries: [entry(1)] }));
    const logout = session.logout();
    expect(connection.state.thread).toEqual([]);
    expect(stored).toBeNull();
    expect(await logout).toBe(true);
    expect(logouts).toEqual(["Bearer handle of s-a"]);
    await activate(ANONYMOUS, anonymously());
    expect(requests.map(({ browserId }) => browserId)).toEqual(["browser-1", "browser-2"]);
  });

  test("offline, it is owed and paid once the network is back", async () => {
    await activate(SECURED, granted());
    serverReachable = false;
    expect(await session.logout()).toBe(false);
    expect(owed).toEqual(["handle of s-1"]);
    let paid = false;
    void signOuts.drain().then(() => {
      paid = true;
    });
    await world.pass(5_000);
    expect(paid).toBe(false);
    serverReachable = true;
    signOuts.wake();
    await settle();
    expect(paid).toBe(true);
    expect(logouts).toEqual(["Bearer handle of s-1"]);
    expect(owed).toEqual([]);
  });

  test("what an earlier page still owes is paid before anybody comes", async () => {
    owed = ["handle of s-0"];
    answers.push(granted());
    const activation = session.activate(SECURED);
    serverReachable = false;
    await world.pass(300);
    expect(requests).toEqual([]);
    serverReachable = true;
    await world.pass(10_000);
    expect((await activation).status).toBe("authentication-success");
    expect(logouts).toEqual(["Bearer handle of s-0"]);
    expect(requests).toHaveLength(1);
  });

  test("by a page that holds no session, the one that was left open is ended", async () => {
    kept = "handle of s-0";
    expect(await session.logout()).toBe(true);
    expect(logouts).toEqual(["Bearer handle of s-0"]);
  });

  test("an activation that had not begun is not begun", async () => {
    const activation = session.activate(SECURED);
    await session.logout();
    expect((await activation).status).toBe("authentication-failure");
    expect(requests).toEqual([]);
  });

  test("a session that opens after it is ended at once", async () => {
    answers.push(granted());
    const activation = session.activate(SECURED);
    while (requests.length === 0) await Promise.resolve();
    const logout = session.logout();
    await world.pass(0);
    await logout;
    expect((await activation).status).toBe("authentication-failure");
    await vi.waitFor(() => expect(logouts).toEqual(["Bearer handle of s-1"]));
    expect(session.state.session).toBeNull();
    expect(world.sockets).toHaveLength(0);
  });
});
