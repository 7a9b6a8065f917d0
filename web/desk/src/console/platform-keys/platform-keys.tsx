import { type ReactNode, useState } from "react";
import { Button } from "react-aria-components";
import { useAdministration } from "../context";
import { Confirmation } from "../confirmation";
import type { PlatformPage } from "../page";
import { Refusal, Waiting } from "../refusal";
import { type Acting, useActing } from "../use-acting";
import { useLoaded } from "../use-loaded";
import { createPlatformKeyDocument, type PlatformKey, platformKeysDocument } from "./documents";
import { PlatformKeyCard } from "./platform-key-card";

export const platformKeysPage: PlatformPage = {
  of: "platform",
  id: "platform-keys",
  title: "Platform keys",
  name: "Platform keys",
  icon: "platform-keys",
  Content: PlatformKeys,
};

const algorithms = ["RSA-OAEP-256", "ECDH-ES+A256KW/P-256", "ECDH-ES+A256KW/X25519"] as const;

/** The keys that every project's tokens are encrypted to. */
function PlatformKeys(): ReactNode {
  const administration = useAdministration();
  const { data, refusal, reload } = useLoaded<readonly PlatformKey[]>(
    "platform keys",
    async () => {
      const told = await administration.query(platformKeysDocument, {});
      return "refusal" in told ? told : { data: told.data.platformKeys };
    },
    true,
  );
  const acting = useActing(reload);
  const living = data?.filter(({ state }) => state !== "REVOKED") ?? [];
  const revoked = data?.filter(({ state }) => state === "REVOKED") ?? [];
  return (
    <div className="console-page">
      <div className="page-actions">
        <p className="hint">
          Token providers encrypt visitor tokens to these. They fetch them from <code>/.well-known/jwks.json</code>, or hold a copy of{" "}
          <code>/keys/platform.pem</code>.
        </p>
        <Rotate acting={acting} />
      </div>
      <Refusal words={refusal ?? acting.errors[0]?.message ?? null} />
      {data === null && refusal === null && <Waiting />}
      {living.length > 0 && (
        <section className="key-cards" aria-label="Platform keys">
          {living.map((key) => (
            <PlatformKeyCard key={key.keyId} of={key} reload={reload} />
          ))}
        </section>
      )}
      {revoked.length > 0 && (
        <details className="revoked-keys">
          <summary>
            Revoked keys <span className="count">{revoked.length}</span>
          </summary>
          <section className="key-cards" aria-label="Revoked keys">
            {revoked.map((key) => (
              <PlatformKeyCard key={key.keyId} of={key} reload={reload} />
            ))}
          </section>
        </details>
      )}
    </div>
  );
}

function Rotate({ acting }: { acting: Acting }): ReactNode {
  const [asks, setAsks] = useState(false);
  const [algorithm, setAlgorithm] = useState<string>(algorithms[0]);
  return (
    <>
      <Button className="button" data-look="primary" data-busy={acting.isBusy} onPress={() => setAsks(true)}>
        New key…
      </Button>
      <Confirmation
        isOpen={asks}
        onOpenChange={setAsks}
        title="Make a new platform key?"
        action="Make the key"
        onConfirm={() => void acting.act(createPlatformKeyDocument, { input: { algorithm } })}
      >
        <p>It is published at once. The ones before it of the same kind are published no longer and go on opening tokens, until you revoke them.</p>
        <p>Providers that fetch the key set take it up by themselves. Whoever holds a copy has to fetch a new one: the old key says who they are.</p>
        <div className="field">
          <label htmlFor="platform-key-algorithm">Algorithm</label>
          <select id="platform-key-algorithm" className="select" value={algorithm} onChange={(event) => setAlgorithm(event.target.value)}>
            {algorithms.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </div>
      </Confirmation>
    </>
  );
}
