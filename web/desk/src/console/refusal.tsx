import type { ReactNode } from "react";
import { Button } from "react-aria-components";
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

/** Why what a page shows could not be read, and another try. `null`: it could. */
export function Unread({ words, onRetry }: { words: string | null; onRetry: () => Promise<void> }): ReactNode {
  return (
    <>
      <Refusal words={words} />
      {words !== null && (
        <div>
          <Button className="button" data-look="secondary" onPress={() => void onRetry()}>
            Try again
          </Button>
        </div>
      )}
    </>
  );
}

/** Where something will stand once it is read. */
export function Waiting(): ReactNode {
  return (
    <>
      <p className="visually-hidden" role="status">
        Loading…
      </p>
      <div className="failures skeleton" aria-hidden="true">
        {[0, 1, 2, 3].map((row) => (
          <i key={row} />
        ))}
      </div>
    </>
  );
}
