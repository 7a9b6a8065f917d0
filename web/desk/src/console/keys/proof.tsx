import { type FormEvent, type ReactNode, useId, useState } from "react";
import { Button, FieldError, Input, Label, TextField } from "react-aria-components";
import { formatMoment } from "@signet/kit";
import { useNow } from "../../ui/clock";
import { CopyBlock } from "../copy-block";
import { Caution } from "../refusal";
import type { Acting } from "../use-acting";
import type { Challenge } from "./documents";

interface ProofProps {
  readonly challenge: Challenge;
  readonly acting: Acting;
  readonly fault: string | undefined;
  /** Where the command is to be run. */
  readonly where: string;
  readonly onProve: (signature: string) => void;
  /** Without it a challenge that ran out is made anew elsewhere. */
  readonly onRenew?: () => void;
}

/** A line to be signed with a private key, and a field for the signature. */
export function Proof({ challenge, acting, fault, where, onProve, onRenew }: ProofProps): ReactNode {
  const now = useNow();
  const id = useId();
  const [tool, setTool] = useState<"openssl" | "signet">("openssl");
  const [signature, setSignature] = useState("");
  const { opensslCommand, signetCommand, text, expiresAt } = challenge;
  const command = tool === "openssl" ? opensslCommand : signetCommand;
  const isOver = Date.parse(expiresAt) <= now;

  function submit(event: FormEvent): void {
    event.preventDefault();
    // A command's output is often copied with the line break after it.
    onProve(signature.replace(/\s+/g, ""));
  }

  if (isOver)
    return (
      <>
        <p className="hint">The challenge ran out: it could be answered for an hour.</p>
        {onRenew !== undefined && (
          <Button className="button" data-look="primary" data-busy={acting.isBusy} onPress={onRenew}>
            New challenge
          </Button>
        )}
      </>
    );
  return (
    <form className="proof" onSubmit={submit}>
      <p className="hint">
        Run this {where}; the file is called <code>privateKey.pem</code> here. It signs one line, which names this platform and this
        project, and prints the signature. Nothing else leaves your machine.
      </p>
      <fieldset className="choice">
        <legend className="visually-hidden">Sign with</legend>
        {(["openssl", "signet"] as const).map((one) => (
          <label key={one}>
            <input type="radio" name={id} className="visually-hidden" checked={tool === one} onChange={() => setTool(one)} />
            <span>{one}</span>
          </label>
        ))}
      </fieldset>
      {command !== null ? (
        <CopyBlock text={command} what={`the ${tool} command`} />
      ) : (
        <>
          <Caution words="There is no ready command for a key of this kind. Sign this line exactly as it stands, without a line break at its end." />
          <CopyBlock text={text} what="the challenge" />
        </>
      )}
      <TextField
        className="field"
        value={signature}
        onChange={(signature) => {
          setSignature(signature);
          acting.forget();
        }}
        isInvalid={fault !== undefined}
        validationBehavior="aria"
        autoComplete="off"
      >
        <Label>Signature</Label>
        <Input className="mono" dir="ltr" spellCheck="false" autoCapitalize="none" />
        <FieldError className="field-error">{fault}</FieldError>
      </TextField>
      <div className="proof-actions">
        <Button type="submit" className="button" data-look="primary" data-busy={acting.isBusy} isDisabled={signature.trim() === ""}>
          {acting.isBusy ? "Checking…" : "Prove"}
        </Button>
        <p className="hint">
          Good until <time dateTime={expiresAt}>{formatMoment(expiresAt, now)}</time>
        </p>
        {onRenew !== undefined && (
          <Button className="button" data-look="quiet" onPress={onRenew}>
            New challenge
          </Button>
        )}
      </div>
    </form>
  );
}
