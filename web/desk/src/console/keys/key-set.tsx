import { type FormEvent, type ReactNode, useState } from "react";
import { Button } from "react-aria-components";
import { formatMoment } from "@signet/kit";
import { useNow } from "../../ui/clock";
import { Confirmation } from "../confirmation";
import { TextSetting } from "../fields";
import { goInConsole } from "../place";
import { Caution, Refusal } from "../refusal";
import { useActing } from "../use-acting";
import { exactly } from "../words";
import { type KeySet, proveKeySetDocument, refreshKeySetDocument, removeKeySetDocument, useKeySetDocument } from "./documents";
import { Proof } from "./proof";
import { setFaultInWords } from "./words";

interface NewKeySetProps {
  readonly projectId: string;
  readonly reload: () => Promise<void>;
}

/** Names an address that publishes the keys, instead of registering each. */
export function NewKeySet({ projectId, reload }: NewKeySetProps): ReactNode {
  const acting = useActing(reload);
  const [address, setAddress] = useState("");

  async function use(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (await acting.act(useKeySetDocument, { input: { projectId, address: address.trim() } })) goInConsole({ item: null });
  }

  return (
    <form className="card" aria-labelledby="new-set-title" onSubmit={(event) => void use(event)}>
      <h2 id="new-set-title">Or publish your keys at an address</h2>
      <p className="hint">
        If your identity provider has a JWK set, Signet can fetch it: every ten minutes, and when a token names a key it does not
        know. New keys are then found without anybody’s help.
      </p>
      <TextSetting
        label="Address of the key set"
        value={address}
        onChange={(address) => {
          setAddress(address);
          acting.forget();
        }}
        hint="`https`, in the public internet, the final address and not one that redirects."
        error={acting.errors.find(({ field }) => field === "address")?.message}
        isReadOnly={false}
        isCode
      />
      <Refusal words={acting.errors.find(({ field }) => field !== "address")?.message ?? null} />
      <footer className="card-actions">
        <Button type="submit" className="button" data-look="secondary" data-busy={acting.isBusy} isDisabled={address.trim() === ""}>
          {acting.isBusy ? "Fetching…" : "Use this address"}
        </Button>
      </footer>
    </form>
  );
}

interface KeySetCardProps extends NewKeySetProps {
  readonly keySet: KeySet;
  readonly mayWrite: boolean;
}

/** The address in use, how it fares, and its proof. */
export function KeySetCard({ projectId, keySet, mayWrite, reload }: KeySetCardProps): ReactNode {
  const now = useNow();
  const acting = useActing(reload);
  const [asks, setAsks] = useState(false);
  const signatureFault = acting.errors.find(({ field }) => field === "signature");
  const other = acting.errors.find((error) => error !== signatureFault);
  const { address, challenge, failure, fetchedAt, attemptedAt, ignoredKeys } = keySet;
  return (
    <article className="card key-card" aria-labelledby="key-set-title">
      <header className="key-head">
        <h2 id="key-set-title">Key set</h2>
        <span className="badge" data-state={keySet.provedAt === null ? "PENDING" : failure === null ? "ACTIVE" : "RETIRING"}>
          {keySet.provedAt === null ? "Pending" : failure === null ? "In use" : "In use, last fetch failed"}
        </span>
        {mayWrite && (
          <div className="key-actions">
            {keySet.provedAt !== null && (
              <Button
                className="button"
                data-look="secondary"
                data-busy={acting.isBusy}
                onPress={() => void acting.act(refreshKeySetDocument, { input: { projectId } })}
              >
                Fetch now
              </Button>
            )}
            <Button className="button" data-look="warning" onPress={() => setAsks(true)}>
              Remove…
            </Button>
          </div>
        )}
      </header>
      <dl className="facts">
        <div>
          <dt>Address</dt>
          <dd>
            <bdi className="mono">{exactly(address)}</bdi>
          </dd>
        </div>
        {fetchedAt !== null && (
          <div>
            <dt>Last good fetch</dt>
            <dd>{formatMoment(fetchedAt, now)}</dd>
          </div>
        )}
        {attemptedAt !== null && (
          <div>
            <dt>Last tried</dt>
            <dd>{formatMoment(attemptedAt, now)}</dd>
          </div>
        )}
      </dl>
      {failure !== null && <Caution words={`${setFaultInWords(failure)} \`${failure}\` The keys of the last good set stay in use.`} />}
      {ignoredKeys.map(({ keyId, code }) => (
        <Caution key={keyId} words={`\`${exactly(keyId)}\` is left out. ${setFaultInWords(code)}`} />
      ))}
      <Refusal words={other?.message ?? null} />
      {challenge !== null && mayWrite && (
        <Proof
          challenge={challenge}
          acting={acting}
          fault={signatureFault?.message}
          where="with the private half of any key of the set"
          onProve={(signature) => void acting.act(proveKeySetDocument, { input: { projectId, signature } })}
          onRenew={() => void acting.act(useKeySetDocument, { input: { projectId, address } })}
        />
      )}
      <Confirmation
        isOpen={asks}
        onOpenChange={setAsks}
        title="Remove the key set?"
        action="Remove"
        isDangerous
        onConfirm={() => void acting.act(removeKeySetDocument, { input: { projectId } })}
      >
        <p>The address is forgotten, and the keys that came from it verify nothing any more. Sessions that are open live on.</p>
      </Confirmation>
    </article>
  );
}
