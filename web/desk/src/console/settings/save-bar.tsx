import { type ReactNode, useState } from "react";
import { Button } from "react-aria-components";
import { Confirmation } from "../confirmation";
import { Prose } from "../prose";
import type { Risk } from "./risks";

interface SaveBarProps {
  /** What was changed, in words; `null` if nothing was. */
  readonly names: string | null;
  readonly risks: readonly Risk[];
  /** Whether every field holds something that can be sent. */
  readonly isComplete: boolean;
  readonly isBusy: boolean;
  /** Whether what is shown was just saved. */
  readonly isSaved: boolean;
  readonly onSave: () => void;
  readonly onDiscard: () => void;
}

/** Says at the foot of the page that something is not saved yet, and saves it; what is risky only after a question. */
export function SaveBar({ names, risks, isComplete, isBusy, isSaved, onSave, onDiscard }: SaveBarProps): ReactNode {
  const [asks, setAsks] = useState(false);

  function save(): void {
    if (isBusy) return;
    if (risks.length > 0 && isComplete) setAsks(true);
    else onSave();
  }

  return (
    <>
      <p className="visually-hidden" role="status">
        {names === null && isSaved && "Settings saved"}
      </p>
      {names !== null && (
        <section className="save-bar" aria-label="Unsaved changes">
          <p>
            <strong>Not saved yet:</strong> {names}
          </p>
          <Button className="button" data-look="quiet" onPress={onDiscard}>
            Discard
          </Button>
          <Button className="button" data-look="primary" data-busy={isBusy} onPress={save}>
            {isBusy ? "Saving…" : "Save changes"}
          </Button>
        </section>
      )}
      <Confirmation
        isOpen={asks}
        onOpenChange={setAsks}
        title="Save all the same?"
        action="Save all the same"
        onConfirm={onSave}
      >
        <ul className="dialog-list">
          {risks.map(({ words }) => (
            <li key={words}>
              <Prose text={words} />
            </li>
          ))}
        </ul>
      </Confirmation>
    </>
  );
}
