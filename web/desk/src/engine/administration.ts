/** What the console asks of the server. It keeps nothing: above all no token that somebody pasted. */
import type { Answer, Api } from "../graphql/client";
import {
  failureCountsDocument,
  failuresDocument,
  inspectDocument,
  type FailureCount,
  type FailurePage,
  type Inspection,
} from "../graphql/console-documents";
import type { VariablesOf } from "../graphql/tada";

/** Failures a page. */
const PAGE = 25;

export type FailureFilter = VariablesOf<typeof failuresDocument>["filter"];
export type Interval = VariablesOf<typeof failureCountsDocument>["interval"];

/** What was asked for, or in words why it was not to be had. */
export type Told<Data> = { readonly data: Data } | { readonly refusal: string };

export interface AdministrationOptions {
  readonly api: Api;
  readonly onUnauthenticated: () => void;
}

export class Administration {
  readonly #api: Api;
  readonly #onUnauthenticated: () => void;

  constructor({ api, onUnauthenticated }: AdministrationOptions) {
    this.#api = api;
    this.#onUnauthenticated = onUnauthenticated;
  }

  /** The token goes as it is: spaces and quotes around it are part of the diagnosis. */
  async inspect(projectId: string, token: string): Promise<Told<Inspection>> {
    const told = this.#told(await this.#api.mutate(inspectDocument, { input: { projectId, token } }));
    if ("refusal" in told) return told;
    const { inspection, userErrors } = told.data.tokenInspect;
    if (inspection !== null) return { data: inspection };
    return { refusal: userErrors.map((one) => one.message).join(" ") };
  }

  /** Newest first, from the one after `after` on. */
  async failures(projectId: string, filter: FailureFilter, after: string | null): Promise<Told<FailurePage>> {
    const told = this.#told(await this.#api.query(failuresDocument, { projectId, filter, first: PAGE, after }));
    return "refusal" in told ? told : { data: told.data.authenticationFailures };
  }

  async failureCounts(projectId: string, interval: Interval, buckets: number): Promise<Told<readonly FailureCount[]>> {
    const told = this.#told(await this.#api.query(failureCountsDocument, { projectId, interval, buckets }));
    return "refusal" in told ? told : { data: told.data.authenticationFailureCounts };
  }

  #told<Data>(answer: Answer<Data>): Told<Data> {
    if ("data" in answer) return answer;
    switch (answer.failure.kind) {
      case "unauthenticated":
        this.#onUnauthenticated();
        return { refusal: "You are signed out." };
      case "unreachable":
        return { refusal: "Signet cannot be reached. Check your connection and try again." };
      case "refused":
        return { refusal: answer.failure.message };
    }
  }
}
