import type { ReactNode } from "react";
import { Icon } from "../ui/icons";
import { Prose } from "./prose";

/** Why something did not work, told as soon as it is shown. `null`: it did. */
export function Refusal({ words }: { words: string | null }): ReactNode {
  return (
    <div role="alert">
      {words !== null && (
        <p className="refusal">
          <Icon name="warning" />
          <span>
            <Prose text={words} />
          </span>
        </p>
      )}
    </div>
  );
}

/** What somebody should know before they go on. */
export function Caution({ words }: { words: string }): ReactNode {
  return (
    <p className="caution">
      <Icon name="warning" />
      <span>
        <Prose text={words} />
      </span>
    </p>
  );
}

export function Waiting(): ReactNode {
  return (
    <div className="failures skeleton" aria-hidden="true">
      {[0, 1, 2, 3].map((row) => (
        <i key={row} />
      ))}
    </div>
  );
}
