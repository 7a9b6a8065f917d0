import { type ReactNode, useState } from "react";
import { Button } from "react-aria-components";
import { Confirmation } from "../confirmation";
import { useAdministration } from "../context";
import { Prose } from "../prose";
import type { Acting } from "../use-acting";
import { useLoaded } from "../use-loaded";
import { activateDocument, liveSessionsDocument, revokeDocument, retireDocument } from "./documents";
import type { KeyCardProps } from "./key-card";
import { keyName, revocationOf } from "./words";

/** What can be done with a key as it stands. */
export function KeyActions({ projectId, of: key, all, mode, acting }: KeyCardProps & { acting: Acting }): ReactNode {
  const [asks, setAsks] = useState(false);
  const input = { projectId, customerKeyId: key.id };
  const name = keyName(key);
  if (key.state === "REVOKED") return null;
  return (
    <div className="key-actions">
      {key.state === "ACTIVE" && (
        <Button
          className="button"
          data-look="secondary"
          aria-label={`Retire ${name}`}
          onPress={() => void acting.act(retireDocument, { input })}
        >
          Retire
        </Button>
      )}
      {key.state === "RETIRING" && (
        <Button
          className="button"
          data-look="secondary"
          aria-label={`Take back the retirement of ${name}`}
          onPress={() => void acting.act(activateDocument, { input })}
        >
          Take back
        </Button>
      )}
      <Button className="button" data-look="warning" aria-label={`Revoke ${name}`} onPress={() => setAsks(true)}>
        Revoke…
      </Button>
      <Confirmation
        isOpen={asks}
        onOpenChange={setAsks}
        title={`Revoke ${name}?`}
        action="Revoke for good"
        isDangerous
        onConfirm={() => void acting.act(revokeDocument, { input })}
      >
        <WhatEnds projectId={projectId} of={key} all={all} mode={mode} />
      </Confirmation>
    </div>
  );
}

/** What the revocation of a key does, with the number of its sessions as soon as that is known. */
function WhatEnds({ projectId, of: key, all, mode }: Pick<KeyCardProps, "projectId" | "of" | "all" | "mode">): ReactNode {
  const administration = useAdministration();
  const { data: live } = useLoaded<number | null>(`${projectId} ${key.id}`, async () => {
    const told = await administration.query(liveSessionsDocument, { projectId });
    if ("refusal" in told) return told;
    return { data: told.data.project?.customerKeys.find(({ id }) => id === key.id)?.liveSessions ?? null };
  });
  return (
    <ul className="dialog-list">
      {revocationOf(key, all, mode, live).map((sentence, place) => (
        <li key={place}>
          <Prose text={sentence} />
        </li>
      ))}
    </ul>
  );
}
