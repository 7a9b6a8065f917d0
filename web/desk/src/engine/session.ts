/** Signing in and out, and choosing a password. The session itself is a cookie that scripts cannot read. */

const SESSION = "/desk/session";
const INVITATION = "/desk/invitation";
const HEADERS = { "content-type": "application/json", "x-signet-desk": "1" };

/** `waitSeconds`: so many attempts were refused that the next one has to wait; `null` if the server does not say how long. */
export type SignInOutcome =
  | "signed-in"
  | "code-needed"
  | "wrong-code"
  | "wrong-credentials"
  | "unreachable"
  | { readonly waitSeconds: number | null };

/** Whom a one-time link is for; nobody in particular if it is that of the platform's first owner. */
export interface Invitee {
  readonly email: string | null;
  readonly name: string | null;
}

export type InvitationOutcome = { readonly invitee: Invitee } | "no-longer-good" | "unreachable";

/** What somebody chose. `email` and `name` only of the first owner. */
export interface Acceptance {
  readonly token: string;
  readonly password: string;
  readonly email?: string;
  readonly name?: string;
}

/** `refused` is the server's own sentence about the password, name or address. */
export type AcceptanceOutcome = "accepted" | "no-longer-good" | "unreachable" | { readonly refused: string };

export async function signIn(email: string, password: string, code?: string): Promise<SignInOutcome> {
  const response = await post(SESSION, code === undefined ? { email, password } : { email, password, code });
  if (response === null) return "unreachable";
  if (response.ok) return "signed-in";
  if (response.status === 429) return { waitSeconds: secondsOf(response.headers.get("retry-after")) };
  if (response.status !== 401 && response.status !== 400) return "unreachable";
  switch (await codeOf(response)) {
    case "SECOND_FACTOR_REQUIRED":
      return "code-needed";
    case "SECOND_FACTOR_INVALID":
      return "wrong-code";
    default:
      return "wrong-credentials";
  }
}

/** Whether the server confirmed it; if not, the cookie may still be good. */
export async function signOut(): Promise<boolean> {
  try {
    const response = await fetch(SESSION, { method: "DELETE", headers: HEADERS, credentials: "same-origin" });
    return response.ok || response.status === 401;
  } catch {
    return false;
  }
}

export async function lookAtInvitation(token: string): Promise<InvitationOutcome> {
  const response = await post(INVITATION, { token });
  if (response?.ok !== true) return response?.status === 404 ? "no-longer-good" : "unreachable";
  const body: unknown = await response.json();
  return { invitee: { email: textOf(body, "email"), name: textOf(body, "name") } };
}

export async function acceptInvitation(acceptance: Acceptance): Promise<AcceptanceOutcome> {
  const response = await post(`${INVITATION}/accept`, acceptance);
  if (response === null) return "unreachable";
  if (response.ok) return "accepted";
  if (response.status === 404) return "no-longer-good";
  if (response.status === 429) return { refused: "too many attempts from here; wait a minute, then try again" };
  if (response.status !== 400 && response.status !== 409) return "unreachable";
  const body: unknown = await response.json();
  return { refused: textOf(body, "message") ?? "That was not accepted" };
}

async function post(address: string, body: object): Promise<Response | null> {
  try {
    return await fetch(address, {
      method: "POST",
      headers: HEADERS,
      credentials: "same-origin",
      body: JSON.stringify(body),
    });
  } catch {
    return null;
  }
}

function secondsOf(header: string | null): number | null {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) : null;
}

async function codeOf(response: Response): Promise<string | null> {
  try {
    return textOf(await response.json(), "code");
  } catch {
    return null;
  }
}

function textOf(body: unknown, member: string): string | null {
  if (typeof body !== "object" || body === null || !(member in body)) return null;
  const value: unknown = Reflect.get(body, member);
  return typeof value === "string" ? value : null;
}
