/** What the console asks of the server. It keeps nothing: above all no token that somebody pasted. */
import type { AnyVariables, TypedDocumentNode } from "@urql/core";
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

/** What is wrong with something that was to be changed. */
export interface FieldError {
  /** The input's field, such as `claimPrefix`; `null` if it is about none, or nothing was even asked. */
  readonly field: string | null;
  /** Such as `KEY_TOO_SMALL`, where the server gives one. */
  readonly code: string | null;
  readonly message: string;
}

/** How a change went: what there is now, or why nothing changed. */
export type Outcome<Data> = { readonly data: Data } | { readonly errors: readonly [FieldError, ...FieldError[]] };

/** What every mutation answers besides the thing itself. */
export interface UserError {
  readonly message: string;
  readonly field: readonly string[] | null;
  readonly code?: string | null;
}

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

  async query<Data, Variables extends AnyVariables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): Promise<Told<Data>> {
    return this.#told(await this.#api.query(document, variables));
  }

  /** Sends a mutation; `read` takes the thing and the errors out of its payload. */
  async change<Data, Variables extends AnyVariables, Thing>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
    read: (data: Data) => { readonly thing: Thing | null; readonly userErrors: readonly UserError[] },
  ): Promise<Outcome<Thing>> {
    const told = this.#told(await this.#api.mutate(document, variables));
    if ("refusal" in told) return { errors: [{ field: null, code: null, message: told.refusal }] };
    const { thing, userErrors } = read(told.data);
    const [first, ...others] = userErrors.map(toFieldError);
    if (first !== undefined) return { errors: [first, ...others] };
    if (thing !== null) return { data: thing };
    return { errors: [{ field: null, code: null, message: "Signet gave no answer to this." }] };
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

/** The server's sentences have no full stop; here others may follow. */
function toFieldError({ message, field, code }: UserError): FieldError {
  return { field: field?.at(-1) ?? null, code: code ?? null, message: /[.!?]$/.test(message) ? message : `${message}.` };
}
