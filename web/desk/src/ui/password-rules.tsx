import type { ReactNode } from "react";
import { Icon } from "./icons";

/** As the server has them: length is what counts. */
const SHORTEST = 12;
const LONGEST = 200;

/** What the server asks of a password; of its length also whether it is so. The rest it says when it looks. */
export function PasswordRules({ password }: { password: string }): ReactNode {
  const { length } = Array.from(password);
  const isRight = length >= SHORTEST && length <= LONGEST;
  return (
    <ul className="rules">
      <li data-kept={isRight}>
        <Icon name={isRight ? "ok" : "point"} />
        <span>
          {SHORTEST} to {LONGEST} characters
          {length > 0 && <span className="rules-count">, {length} so far</span>}
        </span>
      </li>
      <li>
        <Icon name="point" />
        <span>Not a common word with digits and signs around it, a row of keys, or a repetition</span>
      </li>
      <li>
        <Icon name="point" />
        <span>Not made of your name or address</span>
      </li>
    </ul>
  );
}
