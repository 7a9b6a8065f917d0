/** Signing in and out. The session itself is a cookie that scripts cannot read. */

const ADDRESS = "/desk/session";
const HEADERS = { "content-type": "application/json", "x-signet-desk": "1" };

export type SignInOutcome = "signed-in" | "wrong-credentials" | "too-many-attempts" | "unreachable";

export async function signIn(email: string, password: string): Promise<SignInOutcome> {
  try {
    const response = await fetch(ADDRESS, {
      method: "POST",
      headers: HEADERS,
      credentials: "same-origin",
      body: JSON.stringify({ email, password }),
    });
    if (response.ok) return "signed-in";
    if (response.status === 401 || response.status === 400) return "wrong-credentials";
    return response.status === 429 ? "too-many-attempts" : "unreachable";
  } catch {
    return "unreachable";
  }
}

/** Whether the server confirmed it; if not, the cookie may still be good. */
export async function signOut(): Promise<boolean> {
  try {
    const response = await fetch(ADDRESS, { method: "DELETE", headers: HEADERS, credentials: "same-origin" });
    return response.ok || response.status === 401;
  } catch {
    return false;
  }
}
