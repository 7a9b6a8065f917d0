import { type ReactNode, useState } from "react";
import { Button } from "react-aria-components";
import { useNow } from "../../ui/clock";
import { Icon } from "../../ui/icons";
import { useTask } from "../../ui/task";
import { useAdministration } from "../context";
import { Prose } from "../prose";
import { Refusal } from "../refusal";
import { type Key, type KeyTrial, tryDocument } from "./documents";
import { trialInWords } from "./words";

interface TrialProps {
  readonly projectId: string;
  readonly of: Key;
  /** Whether no other key verifies tokens. */
  readonly isFirst: boolean;
}

/** Tries a key on the tokens that came lately, before anything depends on it. */
export function Trial({ projectId, of: key, isFirst }: TrialProps): ReactNode {
  const administration = useAdministration();
  const task = useTask();
  const [trial, setTrial] = useState<KeyTrial | null>(null);

  async function attempt(): Promise<void> {
    const input = { projectId, customerKeyId: key.id };
    const read = ({ payload }: { payload: KeyTrial }) => ({ thing: payload, userErrors: payload.userErrors });
    setTrial(await task.run(() => administration.change(tryDocument, { input }, read)));
  }

  return (
    <div className="trial">
      <Button className="button" data-look="secondary" data-busy={task.busy} onPress={() => void attempt()}>
        {task.busy ? "Trying…" : trial === null ? "Try it on the last tokens" : "Try it again"}
      </Button>
      <div role="status">{trial !== null && <Finding of={trial} isFirst={isFirst} />}</div>
      <Refusal words={task.otherwise} />
    </div>
  );
}

const marks = { good: "ok", bad: "warning", nothing: "skipped" } as const;

function Finding({ of: trial, isFirst }: { of: KeyTrial; isFirst: boolean }): ReactNode {
  const { look, title, more } = trialInWords(trial, isFirst, useNow());
  return (
    <div className="trial-finding" data-look={look}>
      <Icon name={marks[look]} />
      <p>
        <strong>{title}.</strong>
        {more.map((sentence) => (
          <span key={sentence}>
            {" "}
            <Prose text={sentence} />
          </span>
        ))}
      </p>
    </div>
  );
}
