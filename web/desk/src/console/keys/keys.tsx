import type { ReactNode } from "react";
import { Button } from "react-aria-components";
import type { ProjectPage } from "../page";
import { goInConsole, useConsolePlace } from "../place";
import { Unread, Waiting } from "../refusal";
import { useMay } from "../rights";
import type { Keys } from "./documents";
import { KeyCard } from "./key-card";
import { KeySetCard } from "./key-set";
import { NewKey } from "./new-key";
import { useKeys } from "./use-keys";
import { verifies } from "./words";

export const keysPage: ProjectPage = {
  of: "project",
  id: "keys",
  title: "Signing keys",
  name: "Signing keys",
  icon: "key",
  needs: "projects:read",
  Content: KeysPage,
};

/** The item of the page's address under which a key is added. */
const NEW = "new";

interface PartProps {
  readonly projectId: string;
  readonly keys: Keys;
  readonly mayWrite: boolean;
  readonly reload: () => Promise<void>;
}

/** The public keys that the brand's tokens are verified with. */
function KeysPage({ projectId }: { projectId: string }): ReactNode {
  const { item } = useConsolePlace();
  const mayWrite = useMay(projectId, "keys:write");
  const { data, refusal, reload } = useKeys(projectId);
  return (
    <div className="console-page">
      <Unread words={refusal} onRetry={reload} />
      {data === null ? (
        refusal === null && <Waiting />
      ) : item === NEW && mayWrite ? (
        <NewKey projectId={projectId} reload={reload} hasKeySet={data.customerKeySet !== null} />
      ) : (
        <All projectId={projectId} keys={data} mayWrite={mayWrite} reload={reload} />
      )}
    </div>
  );
}

function All({ projectId, keys, mayWrite, reload }: PartProps): ReactNode {
  const { customerKeys, customerKeySet, authenticatedMode } = keys;
  // What is to be done stands first, then what verifies, newest first.
  const living = [...customerKeys]
    .filter(({ state }) => state !== "REVOKED")
    .sort((a, b) => Number(b.state === "PENDING") - Number(a.state === "PENDING") || b.createdAt.localeCompare(a.createdAt));
  const revoked = customerKeys.filter(({ state }) => state === "REVOKED");
  const card = (key: (typeof customerKeys)[number]) => (
    <KeyCard key={key.id} projectId={projectId} of={key} all={customerKeys} mode={authenticatedMode} mayWrite={mayWrite} reload={reload} />
  );
  return (
    <>
      <div className="page-actions">
        <p className="hint">
          Your backend signs visitor tokens with a private key. Here are the public halves, with which Signet verifies them.
        </p>
        {mayWrite && (
          <Button className="button" data-look="primary" onPress={() => goInConsole({ item: NEW })}>
            Add a key
          </Button>
        )}
      </div>
      {!customerKeys.some(verifies) && <NoKeyYet hasPending={living.length > 0} />}
      {customerKeySet !== null && (
        <KeySetCard projectId={projectId} keySet={customerKeySet} mayWrite={mayWrite} reload={reload} />
      )}
      {living.length > 0 && <section className="key-cards" aria-label="Keys">{living.map(card)}</section>}
      {revoked.length > 0 && (
        <details className="revoked-keys">
          <summary>
            Revoked keys <span className="count">{revoked.length}</span>
          </summary>
          <section className="key-cards" aria-label="Revoked keys">
            {revoked.map(card)}
          </section>
        </details>
      )}
    </>
  );
}

function NoKeyYet({ hasPending }: { hasPending: boolean }): ReactNode {
  return (
    <section className="card" aria-labelledby="no-key-title">
      <h2 id="no-key-title">No key verifies tokens yet</h2>
      <p className="hint">
        {hasPending
          ? "Finish what is begun below: sign the challenge, then activate the key."
          : "It takes three steps and a few minutes: give a public key, sign a line with its private half to show that it is yours, activate it."}
      </p>
    </section>
  );
}
