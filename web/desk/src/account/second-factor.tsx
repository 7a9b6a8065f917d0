import { type ReactNode, useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";
import { formatDate } from "@signet/kit";
import type { Account, SecondFactorSetup as Setup } from "../graphql/account-documents";
import { Done } from "../ui/done";
import { Icon } from "../ui/icons";
import { PasswordPrompt } from "./password-prompt";
import { RecoveryCodes } from "./recovery-codes";
import { SecondFactorSetup } from "./second-factor-setup";
import { Settings } from "./settings";
import { useOwnAccount } from "./use-own-account";

interface SecondFactorProps {
  readonly factor: Account["secondFactor"];
  readonly onChanged: () => void;
}

type Step =
  | { readonly name: "resting" | "beginning" | "renewing" | "disabling" }
  | { readonly name: "scanning"; readonly setup: Setup }
  | { readonly name: "keeping"; readonly codes: readonly string[] };

/** Fewer recovery codes than this are said aloud. */
const FEW = 4;

/** One-time passwords: set up, recovery codes, and the way back to a password alone. */
export function SecondFactor({ factor, onChanged }: SecondFactorProps): ReactNode {
  const own = useOwnAccount();
  const [step, setStep] = useState<Step>({ name: "resting" });
  const [done, setDone] = useState<string | null>(null);
  const content = useRef<HTMLDivElement>(null);
  const wasAway = useRef(false);

  useEffect(() => {
    // What had the focus is gone with its step; the next one has a field of its own to take it.
    if (step.name !== "resting") wasAway.current = true;
    else if (wasAway.current) content.current?.querySelector("button")?.focus();
  }, [step]);

  function go(name: "resting" | "beginning" | "renewing" | "disabling", words: string | null = null): void {
    setStep({ name });
    setDone(words);
  }

  function keep(codes: readonly string[]): void {
    setStep({ name: "keeping", codes });
    onChanged();
  }

  return (
    <Settings
      title="Second factor"
      hint="A code from an authenticator app on your telephone, besides the password. Whoever learns your password cannot sign in with it alone."
    >
      <div ref={content} className="form">
        {step.name === "resting" && <State factor={factor} />}
        <Done words={done} />
        {step.name === "resting" && <Choices isOn={factor !== null} onChoose={go} />}
        {step.name === "beginning" && (
          <PasswordPrompt
            why="First your password, so that nobody else sets this up at your desk."
            verb="Go on"
            work={(password) => own.beginSecondFactor(password)}
            onDone={(setup) => setStep({ name: "scanning", setup })}
            onCancel={() => go("resting")}
          />
        )}
        {step.name === "scanning" && (
          <SecondFactorSetup setup={step.setup} onConfirmed={keep} onCancel={() => go("resting")} />
        )}
        {step.name === "renewing" && (
          <PasswordPrompt
            why="You get ten new recovery codes. Those you have now are no longer good."
            verb="Make new codes"
            work={(password) => own.renewRecoveryCodes(password)}
            onDone={keep}
            onCancel={() => go("resting")}
          />
        )}
        {step.name === "disabling" && (
          <PasswordPrompt
            why="From then on your password alone signs you in, and your recovery codes are worth nothing."
            verb="Turn it off"
            look="danger"
            work={(password) => own.disableSecondFactor(password)}
            onDone={() => {
              go("resting", "The second factor is off.");
              onChanged();
            }}
            onCancel={() => go("resting")}
          />
        )}
        {step.name === "keeping" && (
          <RecoveryCodes codes={step.codes} onKept={() => go("resting", "You sign in with a second factor from now on.")} />
        )}
      </div>
    </Settings>
  );
}

function State({ factor }: Pick<SecondFactorProps, "factor">): ReactNode {
  if (factor === null)
    return (
      <p className="state-line">
        <Icon name="skipped" />
        <span>Off. Your password alone signs you in.</span>
      </p>
    );
  const { since, recoveryCodesLeft } = factor;
  const left = recoveryCodesLeft === 1 ? "1 recovery code is left" : `${recoveryCodesLeft} recovery codes are left`;
  return (
    <>
      <p className="state-line" data-look="good">
        <Icon name="ok" />
        <span>
          On since <time dateTime={since}>{formatDate(since)}</time>.
        </span>
      </p>
      <p className="state-line" {...(recoveryCodesLeft < FEW && { "data-look": "warning" })}>
        <Icon name={recoveryCodesLeft < FEW ? "warning" : "ok"} />
        <span>
          {left}.{recoveryCodesLeft < FEW && " Make new ones before you need them."}
        </span>
      </p>
    </>
  );
}

interface ChoicesProps {
  readonly isOn: boolean;
  readonly onChoose: (step: "beginning" | "renewing" | "disabling") => void;
}

function Choices({ isOn, onChoose }: ChoicesProps): ReactNode {
  if (!isOn)
    return (
      <div className="form-actions">
        <Button className="button" data-look="primary" onPress={() => onChoose("beginning")}>
          Set up a second factor
        </Button>
      </div>
    );
  return (
    <div className="form-actions">
      <Button className="button" data-look="secondary" onPress={() => onChoose("renewing")}>
        New recovery codes
      </Button>
      <Button className="button" data-look="secondary" onPress={() => onChoose("disabling")}>
        Turn off
      </Button>
    </div>
  );
}
