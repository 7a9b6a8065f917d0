/** The desk's one door to the server: typed operations in, typed data or a named failure out. */
import { type AnyVariables, Client, type CombinedError, fetchExchange, type TypedDocumentNode } from "@urql/core";
import type { GraphQLError } from "graphql";
import { durationInWords } from "../ui/duration";
import { isSomebodyHere } from "../ui/presence";

/** `unauthenticated`: nobody is signed in. `unreachable`: try again. `refused`: why, in words. */
export type Failure =
  | { readonly kind: "unauthenticated" }
  | { readonly kind: "unreachable" }
  | { readonly kind: "refused"; readonly message: string };

export type Answer<Data> = { readonly data: Data } | { readonly failure: Failure };

export interface Api {
  readonly query: <Data, Variables extends AnyVariables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ) => Promise<Answer<Data>>;
  readonly mutate: Api["query"];
}

export function createApi(url: string): Api {
  const client = new Client({
    url,
    exchanges: [fetchExchange],
    preferGetMethod: false,
    requestPolicy: "network-only",
    // The header proves that the request was made by this page: other origins cannot set it.
    fetchOptions: () => ({
      credentials: "same-origin",
      headers: { "x-signet-desk": isSomebodyHere() ? "1" : "background" },
    }),
  });
  return {
    query: async (document, variables) => toAnswer(await client.query(document, variables).toPromise()),
    mutate: async (document, variables) => toAnswer(await client.mutation(document, variables).toPromise()),
  };
}

function toAnswer<Data>(result: { data?: Data | undefined; error?: CombinedError | undefined }): Answer<Data> {
  if (result.error !== undefined) return { failure: toFailure(result.error) };
  if (result.data == null) return { failure: { kind: "unreachable" } };
  return { data: result.data };
}

function toFailure(error: CombinedError): Failure {
  const response: unknown = error.response;
  if (response instanceof Response && response.status === 401) return { kind: "unauthenticated" };
  if (error.graphQLErrors.some((one) => isUnauthenticated(one))) return { kind: "unauthenticated" };
  const first = error.graphQLErrors[0];
  return first === undefined ? { kind: "unreachable" } : { kind: "refused", message: wordsOf(first) };
}

/** The server's own words, except where a person wants to know what to do now. */
function wordsOf({ message, extensions }: GraphQLError): string {
  switch (extensions["name"]) {
    case "PERMISSION_DENIED":
      return "Your role does not allow this.";
    case "RATE_LIMITED": {
      const after = extensions["retryAfter"];
      return `Too many attempts. Try again in ${typeof after === "number" ? durationInWords(after) : "a minute"}.`;
    }
    default:
      return message;
  }
}

/** Whether a GraphQL error says that nobody is signed in. */
export function isUnauthenticated(error: {
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}): boolean {
  return error.extensions?.["name"] === "UNAUTHENTICATED";
}
