import { type ReactNode, useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";
import { CopyButton } from "../console/copy-button";
import { Refusal } from "../console/refusal";
import type { SecondFactorSetup as Setup } from "../graphql/account-documents";
import { SubmitButton } from "../ui/submit-button";
import { useTask } from "../ui/task";
import { TextInput } from "../ui/text-input";
import { useOwnAccount } from "./use-own-account";

interface SecondFactorSetupProps {
  readonly setup: Setup;
  /** With the recovery codes. */
  readonly onConfirmed: (codes: readonly string[]) => void;
  readonly onCancel: () => void;
}

/** Light modules around a code, without which cameras do not find it. */
const MARGIN = 4;
const SECRET = "second-factor-secret";

/** The secret, as a code to scan and as letters to type; then a first code, to see that the app has it. */
export function SecondFactorSetup({ setup, onConfirmed, onCancel }: SecondFactorSetupProps): ReactNode {
  const own = useOwnAccount();
  const task = useTask("code");
  const [code, setCode] = useState("");
  const heading = useRef<HTMLHeadingElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const { size, path } = setup.qrCode;

  useEffect(() => heading.current?.focus(), []);

  async function confirm(): Promise<void> {
    const codes = await task.run(() => own.confirmSecondFactor(code.trim()));
    if (codes !== null) onConfirmed(codes);
    else field.current?.select();
  }

  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        void confirm();
      }}
    >
      <h3 ref={heading} tabIndex={-1}>
        Scan this with your authenticator app
      </h3>
      <div className="setup">
        <svg
          className="qr-code"
          role="img"
          aria-label="QR code of the secret that stands beside it"
          viewBox={`${-MARGIN} ${-MARGIN} ${size + 2 * MARGIN} ${size + 2 * MARGIN}`}
          shapeRendering="crispEdges"
        >
          <path d={path} />
        </svg>
        <div className="setup-secret">
          <p>Or type this secret in, as a time-based code:</p>
          <p className="secret-line">
            <code id={SECRET} className="secret" dir="ltr">
              {inFours(setup.secret)}
            </code>
            <CopyButton text={setup.secret} shownIn={SECRET} what="the secret" isLong />
          </p>
          <p className="hint">Never show either to anybody: whoever has it makes your codes.</p>
        </div>
      </div>
      <TextInput
        label="Code the app shows"
        name="code"
        isMono
        autoComplete="one-time-code"
        inputMode="numeric"
        hint="Six digits. This signs you out everywhere else."
        inputRef={field}
        value={code}
        onChange={setCode}
        refusal={task.at("code")}
      />
      <Refusal words={task.otherwise} />
      <div className="form-actions">
        <SubmitButton task={task} busyWords="Checking…" isDisabled={code.trim() === ""}>
          Turn it on
        </SubmitButton>
        <Button className="button" data-look="quiet" onPress={onCancel}>
          Cancel
        </Button>
      </div>
    </form>
  );
}

function inFours(secret: string): string {
  return secret.match(/.{1,4}/g)?.join(" ") ?? secret;
}
