import type { ReactNode } from "react";
import { Button } from "react-aria-components";
import { Icon } from "../../ui/icons";
import type { Acting } from "../use-acting";
import { activateDocument, challengeDocument, type Key, proveDocument } from "./documents";
import { Proof } from "./proof";
import { Trial } from "./trial";
import { verifies } from "./words";

interface KeyStepsProps {
  readonly projectId: string;
  readonly of: Key;
  readonly all: readonly Key[];
  readonly acting: Acting;
  /** What is wrong with the signature that was given. */
  readonly fault: string | undefined;
}

/** The way of a new key: registered, proved, active. The step that is next is open. */
export function KeySteps({ projectId, of: key, all, acting, fault }: KeyStepsProps): ReactNode {
  const input = { projectId, customerKeyId: key.id };
  const isProved = key.proof !== null;
  return (
    <ol className="steps key-steps">
      <Step title="Registered" state="done" />
      <Step title="Prove that it is yours" state={isProved ? "done" : "next"}>
        {key.challenge !== null && (
          <Proof
            challenge={key.challenge}
            acting={acting}
            fault={fault}
            where="where the private half of this key lives"
            onProve={(signature) => void acting.act(proveDocument, { input: { ...input, signature } })}
            onRenew={() => void acting.act(challengeDocument, { input })}
          />
        )}
      </Step>
      <Step title="Activate it" state={isProved ? "next" : "later"}>
        <p className="hint">
          From then on it verifies tokens, beside every other active key. Nothing happens to those. Before that, try it on the tokens of
          the last 15 minutes, those that were refused too.
        </p>
        <Trial projectId={projectId} of={key} isFirst={!all.some(verifies)} />
        <Button
          className="button"
          data-look="primary"
          data-busy={acting.isBusy}
          onPress={() => void acting.act(activateDocument, { input })}
        >
          Activate
        </Button>
      </Step>
    </ol>
  );
}

interface StepProps {
  readonly title: string;
  readonly state: "done" | "next" | "later";
  readonly children?: ReactNode;
}

const stepWords = { done: "Done", next: "Next", later: "Later" } as const;

function Step({ title, state, children }: StepProps): ReactNode {
  return (
    <li className="step" data-status={state === "done" ? "OK" : "SKIPPED"} aria-current={state === "next" ? "step" : undefined}>
      <Icon name={state === "done" ? "ok" : state === "next" ? "next" : "later"} />
      <div className="step-head">
        <h3>{title}</h3>
        <span className="step-status">{stepWords[state]}</span>
      </div>
      {state === "next" && <div className="step-body">{children}</div>}
    </li>
  );
}
