import { useRef, useState } from "react";
import type { FieldError, Outcome } from "../engine/administration";

/** Something that a form or a button does: one at a time, and what was wrong with the last try. */
export interface Task {
  readonly busy: boolean;
  /** What is wrong with a field of the form; `undefined` if nothing. */
  readonly at: (field: string) => string | undefined;
  /** What is wrong with none of the form's fields. */
  readonly otherwise: string | null;
  /** Does it unless it is under way. Gives what there is now, or `null` if nothing changed. */
  readonly run: <Data>(work: () => Promise<Outcome<Data>>) => Promise<Data | null>;
  /** Takes back what was said of the last try. */
  readonly forget: () => void;
}

/** `fields` are those of the form, by the names they have in the mutation's input. */
export function useTask(...fields: readonly string[]): Task {
  const [busy, setBusy] = useState(false);
  const [errors, setErrors] = useState<readonly FieldError[]>([]);
  const underWay = useRef(false);
  const isOf = (one: FieldError) => one.field !== null && fields.includes(one.field);
  const others = errors.filter((one) => !isOf(one));

  async function run<Data>(work: () => Promise<Outcome<Data>>): Promise<Data | null> {
    if (underWay.current) return null;
    underWay.current = true;
    setBusy(true);
    setErrors([]);
    const outcome = await work();
    underWay.current = false;
    setBusy(false);
    if ("data" in outcome) return outcome.data;
    setErrors(outcome.errors);
    return null;
  }

  return {
    busy,
    at: (field) => errors.find((one) => one.field === field)?.message,
    otherwise: others.length === 0 ? null : others.map((one) => one.message).join(" "),
    run,
    forget: () => setErrors([]),
  };
}
