import { type ReactNode, useId, useState } from "react";
import { Button } from "react-aria-components";
import { formatAge, formatMoment } from "@signet/kit";
import { useNow } from "../../ui/clock";
import { useDeskState } from "../../ui/context";
import { Confirmation } from "../confirmation";
import { CopyButton } from "../copy-button";
import { Refusal } from "../refusal";
import { useActing } from "../use-acting";
import { type PlatformKey, retirePlatformKeyDocument, revokePlatformKeyDocument } from "./documents";
import { daysLeft, stateNames, usersInWords } from "./words";

interface PlatformKeyCardProps {
  readonly of: PlatformKey;
  readonly reload: () => Promise<void>;
}

/** One key, who still encrypts to it, and its end. */
export function PlatformKeyCard({ of: key, reload }: PlatformKeyCardProps): ReactNode {
  const now = useNow();
  const id = useId();
  const acting = useActing(reload);
  const [asks, setAsks] = useState(false);
  const input = { keyId: key.keyId };
  const short = key.keyId.slice(0, 8);
  const facts = [
    ["Algorithm", key.algorithm],
    ["Made", formatMoment(key.createdAt, now)],
    ["Retiring since", key.retiringAt && formatMoment(key.retiringAt, now)],
    ["Revoked", key.revokedAt && formatMoment(key.revokedAt, now)],
    ["First used", key.firstUsedAt === null ? "Never" : formatMoment(key.firstUsedAt, now)],
    ["Last used", key.lastUsedAt && formatMoment(key.lastUsedAt, now)],
  ] as const;
  return (
    <article className="card key-card" aria-labelledby={id} data-state={key.state}>
      <header className="key-head">
        <h2 id={id}>{short}…</h2>
        <span className="badge" data-state={key.state}>
          {stateNames[key.state]}
        </span>
        {key.state !== "REVOKED" && (
          <div className="key-actions">
            {/* An RSA key is retired by its successor: every provider needs one. */}
            {key.state === "ACTIVE" && !key.algorithm.startsWith("RSA") && (
              <Button className="button" data-look="secondary" aria-label={`Retire ${short}`} onPress={() => void acting.act(retirePlatformKeyDocument, { input })}>
                Retire
              </Button>
            )}
            <Button className="button" data-look="warning" aria-label={`Revoke ${short}`} onPress={() => setAsks(true)}>
              Revoke…
            </Button>
          </div>
        )}
      </header>
      <dl className="facts">
        <div>
          <dt>Key id</dt>
          <dd className="key-thumbprint">
            <bdi className="mono" id={`${id}kid`}>
              {key.keyId}
            </bdi>
            <CopyButton text={key.keyId} shownIn={`${id}kid`} what="key id" />
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
      <Refusal words={acting.errors[0]?.message ?? null} />
      {key.state !== "REVOKED" && <Users of={key} />}
      <Confirmation
        isOpen={asks}
        onOpenChange={setAsks}
        title={`Revoke the platform key ${short}…?`}
        action="Revoke for good"
        isDangerous
        typed={short}
        onConfirm={() => void acting.act(revokePlatformKeyDocument, { input })}
      >
        <p>This is for a key that has leaked, or that nobody encrypts to any more.</p>
        <ul className="dialog-list">
          <li>Tokens encrypted to it are refused at once, in every project.</li>
          <li>Every session that such a token opened ends within seconds, on every node: those visitors have to prove anew who they are.</li>
          <li>{usersInWords(key)}</li>
          {key.state === "ACTIVE" && <li>A new key takes its place first. Providers with a copy are refused until they have fetched it.</li>}
          <li>It cannot come back.</li>
        </ul>
      </Confirmation>
    </article>
  );
}

/** Who still encrypts to a key: the countdown of a rotation. */
function Users({ of: key }: { of: PlatformKey }): ReactNode {
  const now = useNow();
  const projects = useDeskState((state) => state.projects);
  return (
    <section className="key-users">
      <h3 className="field-label">{usersInWords(key)}</h3>
      {key.projects.length > 0 && (
        <ul className="list-setting">
          {key.projects.map(({ projectId, uses, lastUsedAt }) => (
            <li key={projectId}>
              <span>{projects[projectId]?.name ?? projectId}</span>
              <span className="hint">
                {uses === 1 ? "1 session" : `${uses.toLocaleString("en-GB")} sessions`}, last {formatAge(lastUsedAt, now)}
                {key.state === "RETIRING" && ` · ${daysLeft(lastUsedAt, now)}`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
