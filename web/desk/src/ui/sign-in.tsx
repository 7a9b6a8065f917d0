import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { Button, Form } from "react-aria-components";
import { Refusal } from "../console/refusal";
import { signIn, type SignInOutcome } from "../engine/session";
import { durationInWords } from "./duration";
import { Seal } from "./icons";
import { PasswordInput, TextInput } from "./text-input";

interface SignInProps {
  readonly because: "not-signed-in" | "session-ended" | "no-agent";
  readonly onSignedIn: () => Promise<void>;
}

/** What the page has to explain. */
type Refused = Exclude<SignInOutcome, "signed-in" | "code-needed">;

const refusals: Readonly<Record<Extract<Refused, string>, string>> = {
  "wrong-code": "That code is not right, or was used before. Wait for the next one.",
  "wrong-credentials": "That email and password do not match. Check both and try again.",
  unreachable: "Signet cannot be reached. Check your connection and try again.",
};

const reasons: Readonly<Record<SignInProps["because"], string | null>> = {
  "not-signed-in": null,
  "session-ended": "Your session has ended. Sign in to go on; what you were writing is kept.",
  "no-agent": "This account is not an agent's.",
};

export function SignIn({ because, onSignedIn }: SignInProps): ReactNode {
  const [outcome, setOutcome] = useState<Refused | null>(null);
  const [busy, setBusy] = useState(false);
  const email = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const code = useRef<HTMLInputElement>(null);
  const [asksCode, setAsksCode] = useState(false);
  const wait = useWait(outcome);
  const refusal = wordsOf(outcome);
  const reason = refusal === null ? reasons[because] : null;

  useEffect(() => {
    document.title = "Sign in · Signet";
    email.current?.focus();
  }, []);

  useEffect(() => {
    if (asksCode) code.current?.focus();
  }, [asksCode]);

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    if (busy || wait > 0) return;
    setBusy(true);
    setOutcome(null);
    const typed = asksCode ? code.current?.value.trim() : undefined;
    const next = await signIn(email.current?.value.trim() ?? "", password.current?.value ?? "", typed);
    if (next === "signed-in") await onSignedIn();
    else if (next === "code-needed") setAsksCode(true);
    else {
      if (next === "wrong-code") code.current?.select();
      if (next === "wrong-credentials") {
        setAsksCode(false);
        password.current?.select();
      }
      setOutcome(next);
    }
    setBusy(false);
  }

  return (
    <main className="sign-in">
      <Form className="sign-in-card" onSubmit={(event) => void submit(event)}>
        <header className="sign-in-brand">
          <Seal />
          <h1>Signet</h1>
          <p>Know who you are talking to.</p>
        </header>
        {reason !== null && <p className="sign-in-reason">{reason}</p>}
        <TextInput label="Email" type="email" name="email" autoComplete="username" isRequired inputRef={email} />
        <PasswordInput
          label="Password"
          name="password"
          autoComplete="current-password"
          isRequired
          isInvalid={outcome === "wrong-credentials"}
          inputRef={password}
        />
        {asksCode && (
          <TextInput
            label="Code"
            name="code"
            autoComplete="one-time-code"
            hint="Six digits from your authenticator app, or a recovery code."
            isRequired
            isInvalid={outcome === "wrong-code"}
            inputRef={code}
          />
        )}
        <Refusal words={refusal} />
        <Button
          type="submit"
          className="button"
          data-look="primary"
          data-size="large"
          data-busy={busy}
          isDisabled={wait > 0}
        >
          {busy ? "Signing in…" : wait > 0 ? `Wait ${durationInWords(wait)}` : "Sign in"}
        </Button>
      </Form>
    </main>
  );
}

function wordsOf(outcome: Refused | null): string | null {
  if (outcome === null) return null;
  if (typeof outcome === "string") return refusals[outcome];
  const { waitSeconds } = outcome;
  if (waitSeconds === null) return "Too many attempts. Wait a minute, then try again.";
  return `Too many attempts were refused. You can try again in ${durationInWords(waitSeconds)}.`;
}

/** How many seconds are left of a wait that was imposed; 0 when there is none. The alert says it once, this counts down. */
function useWait(outcome: Refused | null): number {
  const imposed = typeof outcome === "object" ? (outcome?.waitSeconds ?? 0) : 0;
  const [held, setHeld] = useState({ outcome, left: imposed });
  // Of this outcome and no earlier one.
  const left = held.outcome === outcome ? held.left : imposed;
  useEffect(() => {
    if (left === 0) return;
    const timer = setTimeout(() => setHeld({ outcome, left: left - 1 }), 1_000);
    return () => clearTimeout(timer);
  }, [outcome, left]);
  return left;
}
