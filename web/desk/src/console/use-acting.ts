import { useState } from "react";
import type { AnyVariables, TypedDocumentNode } from "@urql/core";
import type { FieldError, Outcome } from "../engine/administration";
import { useAdministration } from "./context";

interface Payload {
  readonly userErrors: readonly { readonly message: string; readonly field: readonly string[] | null; readonly code?: string | null }[];
}

export interface Acting {
  readonly isBusy: boolean;
  readonly errors: readonly FieldError[];
  /** Sends a mutation and shows what came of it. Resolves with whether it was done. */
  readonly act: <Data extends { readonly payload: Payload }, Variables extends AnyVariables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ) => Promise<boolean>;
  readonly forget: () => void;
}

/** Changes of one thing, one at a time; `reload` reads anew what they changed. */
export function useActing(reload: () => Promise<void>): Acting {
  const administration = useAdministration();
  const [isBusy, setIsBusy] = useState(false);
  const [errors, setErrors] = useState<readonly FieldError[]>([]);

  async function act<Data extends { readonly payload: Payload }, Variables extends AnyVariables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): Promise<boolean> {
    if (isBusy) return false;
    setIsBusy(true);
    // What was removed is no longer there to be answered: only errors tell that something was not done.
    const outcome: Outcome<true> = await administration.change(document, variables, ({ payload }) => ({
      thing: true as const,
      userErrors: payload.userErrors,
    }));
    const isDone = "data" in outcome;
    if (isDone) await reload();
    setErrors(isDone ? [] : outcome.errors);
    setIsBusy(false);
    return isDone;
  }

  return { isBusy, errors, act, forget: () => setErrors([]) };
}
