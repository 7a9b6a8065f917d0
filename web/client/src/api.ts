/**
 * The visitor API over HTTP. Answers are values, not exceptions: a caller must decide what a failure means.
 *
 * A transport failure (no answer, or a 5xx) of an activation is tried three more times with back-off, each time with a new
 * token: the first may have been used although its answer was lost, and it opens one session only. A refusal is never
 * tried again: the same token would be refused the same way.
 */
import type {
  ActivateFailure,
  ActivateRequest,
  ActivateResponse,
  AuthenticationOption,
  CustomDataRequest,
  HistoryPage,
  Transaction,
} from "@signet/protocol";
import { backOff, pause } from "./environment";
import type { Environment } from "./environment";
import type { Prover } from "./proof";

/** What the survey asks: 1 to 5, 0 to 10, and in words. */
export interface SurveyAnswers {
  customerSatisfaction?: number;
  netPromoterScore?: number;
  comment?: string;
}

/** The part of `fetch` the client uses. */
export type Fetch = (input: string, init: RequestInit) => Promise<Response>;

/** An answer and how far the server's clock is ahead of ours, in milliseconds (0 when unknown or small). */
export interface Activation {
  response: ActivateResponse;
  clockAhead: number;
}

/** How often an activation is tried again after a transport failure. */
export const TRANSPORT_RETRIES = 3;
const PATIENCE = 10_000;
/** `date` has whole seconds; below this a difference says more about rounding than about clocks. */
const CLOCK_NOISE = 5_000;

/** What the brand's page is told when Signet cannot be reached. */
export function unreachable(detail: string): ActivateFailure {
  return {
    status: "authentication-failure",
    reason: `Failed to fetch authentication with a server error: ${detail}`,
    code: "SERVICE_UNAVAILABLE",
    correlationId: "",
  };
}

const JSON_BODY = { "content-type": "application/json" };
const bearer = (token: string): { authorization: string } => ({ authorization: `Bearer ${token}` });

function isActivateResponse(value: unknown): value is ActivateResponse {
  if (typeof value !== "object" || value === null || !("status" in value)) return false;
  if (value.status === "authentication-success") return "session" in value && "continuity" in value;
  return value.status === "authentication-failure" && "reason" in value && "code" in value;
}

async function isForAnotherServer(refused: Response): Promise<boolean> {
  const body = (await refused.json()) as { code?: unknown };
  return body.code === "SESSION_PROOF_ELSEWHERE";
}

/** Calls of the visitor API; `base` is `/visitor/v1` on Signet's origin. */
export class VisitorApi {
  readonly #fetch: Fetch;
  readonly #environment: Environment;
  readonly #prover: Prover | null;
  readonly #base: string;

  constructor(fetch: Fetch, environment: Environment, prover: Prover | null = null, base = "/visitor/v1") {
    this.#fetch = fetch;
    this.#environment = environment;
    this.#prover = prover;
    this.#base = base;
  }

  /** Proves the session's key in requests of this client. */
  get prover(): Prover | null {
    return this.#prover;
  }

  /**
   * `POST /activate`, with the retries described above. `anew` gives the option for the next try, `null` to give up. Never
   * rejects.
   */
  async activate(
    first: ActivateRequest,
    anew: () => Promise<AuthenticationOption | null>,
  ): Promise<Activation> {
    let request = first;
    for (let attempt = 0; ; attempt += 1) {
      const activation = await this.#activateOnce(request);
      if (activation && activation.response.status === "authentication-success") return activation;
      const refused = activation?.response as ActivateFailure | undefined;
      if (refused && refused.code !== "SERVICE_UNAVAILABLE") return { response: refused, clockAhead: 0 };
      const givenUp = { response: refused ?? unreachable("the service cannot be reached"), clockAhead: 0 };
      if (attempt === TRANSPORT_RETRIES) return givenUp;
      await pause(this.#environment, backOff(attempt, this.#environment.random));
      const option = await anew();
      if (option === null) return givenUp;
      request = { ...first, authenticationOption: option };
    }
  }

  /** `POST /logout` with a sign-out handle. True when the session is ended; false when the server could not be told. */
  async logout(handle: string): Promise<boolean> {
    try {
      // Without a proof, which a page that is being left has no time to make: a handle needs none.
      const response = await this.#send("/logout", { method: "POST", keepalive: true, headers: bearer(handle) });
      return response.ok || response.status === 401;
    } catch {
      return false;
    }
  }

  /** `GET /history`: one page of what came before the cursor, or the newest. Rejects when it cannot be had. */
  async history(token: string, before: string | null, limit = 50): Promise<HistoryPage> {
    const query = new URLSearchParams({ limit: String(limit), ...(before === null ? {} : { before }) });
    const response = await this.#request(`/history?${query.toString()}`, token, { method: "GET" });
    if (!response.ok) throw new Error(`reading history: status ${response.status}`);
    return (await response.json()) as HistoryPage;
  }

  /** `POST /earlier-messages`: adds what was written before signing in to the person's conversation, or has it left where it is. */
  answerEarlierMessages(token: string, conversationId: string, answer: "ADD" | "DECLINE"): Promise<boolean> {
    return this.#tell("/earlier-messages", token, { conversationId, answer });
  }

  /** `POST /identity-confirmation`: why an agent's request was not answered with a proof. */
  refuseConfirmation(token: string, conversationId: string, outcome: "DECLINED" | "FAILED"): Promise<boolean> {
    return this.#tell("/identity-confirmation", token, { conversationId, outcome });
  }

  /** `POST /transactions`: a sale. */
  recordTransaction(token: string, { id, amount }: Transaction): Promise<boolean> {
    return this.#tell("/transactions", token, { id, amount });
  }

  /** `POST /custom-data`: what the page says of the visitor, in place of what it said before. */
  setCustomData(token: string, customData: CustomDataRequest["customData"]): Promise<boolean> {
    return this.#tell("/custom-data", token, { customData });
  }

  /** `POST /satisfaction`: answers to the survey, each as it is given. */
  answerSurvey(token: string, conversationId: string, answers: SurveyAnswers): Promise<boolean> {
    return this.#tell("/satisfaction", token, { conversationId, ...answers });
  }

  /** `POST /hand-over`: a code for a page of `origin`, or `null` when there is nothing to hand over. */
  async handOver(token: string, origin: string): Promise<string | null> {
    try {
      const response = await this.#post("/hand-over", token, { origin });
      return response.ok ? ((await response.json()) as { code: string }).code : null;
    } catch {
      return null;
    }
  }

  /** Whether the server took it. */
  async #tell(path: string, token: string, body: object): Promise<boolean> {
    try {
      return (await this.#post(path, token, body)).ok;
    } catch {
      return false;
    }
  }

  #post(path: string, token: string, body: object): Promise<Response> {
    return this.#request(path, token, { method: "POST", headers: JSON_BODY, body: JSON.stringify(body) });
  }

  async #activateOnce(request: ActivateRequest): Promise<Activation | null> {
    try {
      const key = await this.#prover?.prepare();
      // Whichever server this reaches must take the session, or a token that can be used once were wasted.
      if (this.#prover) this.#prover.nonce = null;
      const dpop = request.session === null ? null : await this.#prove("POST", "/activate", request.session);
      const content = JSON.stringify(key ? { ...request, proofKey: key.jwk } : request);
      const response = await this.#send("/activate", { method: "POST", headers: { ...JSON_BODY, ...dpop }, body: content });
      const body: unknown = await response.json();
      if (!isActivateResponse(body)) return null;
      const date = Date.parse(response.headers.get("date") ?? "");
      const ahead = Number.isNaN(date) ? 0 : date - this.#environment.now();
      const clockAhead = Math.abs(ahead) < CLOCK_NOISE ? 0 : ahead;
      if (this.#prover) this.#prover.clockAhead = clockAhead;
      if (this.#prover && body.status === "authentication-success") this.#prover.nonce = body.session.proofNonce;
      return { response: body, clockAhead };
    } catch {
      return null;
    }
  }

  /** With the session's token, and the proof of its key: once more if it was for another server than the one that answers. */
  async #request(path: string, token: string, init: RequestInit & { method: string }): Promise<Response> {
    const dpop = await this.#prove(init.method, path, token);
    const response = await this.#send(path, { ...init, headers: { ...init.headers, ...bearer(token), ...dpop } });
    if (!this.#prover?.nonce || response.status !== 401 || !(await isForAnotherServer(response.clone()))) return response;
    this.#prover.nonce = null;
    return this.#request(path, token, init);
  }

  /** The header with the proof for a request; none where there is no key. */
  async #prove(method: string, path: string, token: string): Promise<{ dpop: string } | null> {
    const [address = ""] = (this.#base + path).split("?");
    const dpop = await this.#prover?.prove(method, address, token);
    return dpop ? { dpop } : null;
  }

  async #send(path: string, init: RequestInit): Promise<Response> {
    const abort = new AbortController();
    const timer = this.#environment.setTimer(() => abort.abort(), PATIENCE);
    try {
      return await this.#fetch(this.#base + path, {
        ...init,
        cache: "no-store",
        credentials: "omit",
        signal: abort.signal,
      });
    } finally {
      this.#environment.clearTimer(timer);
    }
  }
}
