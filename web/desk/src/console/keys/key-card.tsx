import { type ReactNode, useId } from "react";
import { formatMoment } from "@signet/kit";
import { useNow } from "../../ui/clock";
import { CopyButton } from "../copy-button";
import { Refusal } from "../refusal";
import { useActing } from "../use-acting";
import { exactly } from "../words";
import type { Key } from "./documents";
import { KeyActions } from "./key-actions";
import { KeySteps } from "./key-steps";
import { keyName, proofWords, stateWords, useInWords } from "./words";

export interface KeyCardProps {
  readonly projectId: string;
  readonly of: Key;
  readonly all: readonly Key[];
  /** The project's authenticated mode. */
  readonly mode: string;
  readonly mayWrite: boolean;
  readonly reload: () => Promise<void>;
}

/** One key: what it is, where it stands in its life, how much it is used, and what can be done with it. */
export function KeyCard(props: KeyCardProps): ReactNode {
  const { projectId, of: key, all, mayWrite, reload } = props;
  const id = useId();
  const acting = useActing(reload);
  const signatureFault = acting.errors.find(({ field }) => field === "signature");
  const other = acting.errors.find((error) => error !== signatureFault);
  return (
    <article className="card key-card" aria-labelledby={id} data-state={key.state}>
      <header className="key-head">
        <h2 id={id}>
          <bdi>{exactly(keyName(key))}</bdi>
        </h2>
        <span className="badge" data-state={key.state}>
          {stateWords[key.state]}
        </span>
        {mayWrite && <KeyActions {...props} acting={acting} />}
      </header>
      {key.state !== "PENDING" && key.state !== "REVOKED" && <Use of={key} />}
      <Facts of={key} />
      <Refusal words={other?.message ?? null} />
      {key.state === "PENDING" && mayWrite && (
        <KeySteps projectId={projectId} of={key} all={all} acting={acting} fault={signatureFault?.message} />
      )}
      {key.state === "PENDING" && !mayWrite && <p className="hint">It waits for somebody who may change keys.</p>}
    </article>
  );
}

function Use({ of: key }: { of: Key }): ReactNode {
  return (
    <div className="key-use">
      <span className="key-share" aria-hidden="true">
        <span style={{ inlineSize: `${(key.share ?? 0) * 100}%` }} />
      </span>
      <p>{useInWords(key)}</p>
    </div>
  );
}

function Facts({ of: key }: { of: Key }): ReactNode {
  const now = useNow();
  const id = useId();
  const moment = (at: string | null) => (at === null ? null : formatMoment(at, now));
  const facts: readonly (readonly [name: string, value: string | null])[] = [
    // With one it is the card's heading.
    ["Key id", key.keyId === null ? "None: its tokens name no key" : null],
    ["Algorithm", [key.algorithm, key.bits === null ? null : `${key.bits} bits`].filter((part) => part !== null).join(", ")],
    ["Registered", moment(key.createdAt)],
    ["Proved", key.provedAt === null || key.proof === null ? null : `${moment(key.provedAt) ?? ""}, ${proofWords[key.proof]}`],
    ["Active since", moment(key.activatedAt)],
    ["Retiring since", moment(key.retiringAt)],
    ["Revoked", moment(key.revokedAt)],
    ["First used", key.state === "PENDING" ? null : (moment(key.firstUsedAt) ?? "Never")],
    ["Last used", moment(key.lastUsedAt)],
  ];
  return (
    <dl className="facts">
      <div>
        <dt>Thumbprint</dt>
        <dd className="key-thumbprint">
          <bdi className="mono" id={id}>
            {key.thumbprint}
          </bdi>
          <CopyButton text={key.thumbprint} shownIn={id} what="thumbprint" />
        </dd>
      </div>
      {facts.map(
        ([name, value]) =>
          value !== null && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
