import { type ReactNode, useId } from "react";
import { Button } from "react-aria-components";
import { formatAge, formatDate, formatMoment } from "@signet/kit";
import type { Client } from "../../graphql/people-documents";
import { useNow } from "../../ui/clock";
import { useDeskState } from "../../ui/context";
import { CopyButton } from "../copy-button";
import { scopesIn } from "../rights";

interface ClientRowProps {
  readonly projectId: string;
  readonly client: Client;
  /** `null`: the reader changes nothing here. */
  readonly onTask: ((task: "change" | "rotate" | "revoke") => void) | null;
}

export function ClientRow({ projectId, client, onTask }: ClientRowProps): ReactNode {
  const now = useNow();
  const id = useId();
  const isBeyond = useDeskState(({ viewer }) => {
    const own = scopesIn(viewer, projectId);
    return client.scopes.some((scope) => !own.includes(scope));
  });
  const { name, scopes, createdAt, lastUsedAt, revokedAt, previousSecretExpiresAt } = client;
  const overlaps = previousSecretExpiresAt !== null && Date.parse(previousSecretExpiresAt) > now;
  return (
    <li className="entry client-entry" data-faded={revokedAt !== null}>
      <div className="entry-name">
        <h2>
          <bdi>{name}</bdi>
          {revokedAt !== null && (
            <span className="chip" data-look="bad">
              Revoked {formatDate(revokedAt)}
            </span>
          )}
          {revokedAt === null && overlaps && (
            <span className="chip" data-look="warning">
              Old secret good until {formatMoment(previousSecretExpiresAt, now)}
            </span>
          )}
        </h2>
        <p className="client-id hint">
          <span>Client id</span>
          <code id={id}>{client.id}</code>
          <CopyButton text={client.id} shownIn={id} what="client id" />
        </p>
      </div>
      <ul className="members" aria-label={`Scopes of ${name}`}>
        {scopes.map((scope) => (
          <li key={scope}>
            <code className="code">{scope}</code>
          </li>
        ))}
      </ul>
      <p className="hint">
        {lastUsedAt === null ? "Never used" : <time dateTime={lastUsedAt}>Last token {formatAge(lastUsedAt, now)}</time>} ·
        registered <time dateTime={createdAt}>{formatDate(createdAt)}</time>
      </p>
      {onTask !== null && revokedAt === null && !isBeyond && (
        <div className="form-actions">
          <Button className="button" data-look="secondary" onPress={() => onTask("change")}>
            Change<span className="visually-hidden"> {name}</span>
          </Button>
          <Button className="button" data-look="secondary" onPress={() => onTask("rotate")}>
            New secret<span className="visually-hidden"> for {name}</span>
          </Button>
          <Button className="button" data-look="quiet" onPress={() => onTask("revoke")}>
            Revoke<span className="visually-hidden"> {name}</span>
          </Button>
        </div>
      )}
      {onTask !== null && revokedAt === null && isBeyond && (
        <p className="hint">It may do more than you may: somebody with its rights has to change it.</p>
      )}
    </li>
  );
}
