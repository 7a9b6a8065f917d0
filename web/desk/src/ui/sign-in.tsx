import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { Button, Form, Input, Label, Text, TextField } from "react-aria-components";
import { signIn, type SignInOutcome } from "../engine/session";
import { Icon, Seal } from "./icons";

interface SignInProps {
  readonly because: "not-signed-in" | "session-ended" | "no-agent";
  readonly onSignedIn: () => Promise<void>;
}

const refusals: Readonly<Record<Exclude<SignInOutcome, "signed-in" | "code-needed">, string>> = {
  "wrong-code": "That code is not right, or was used before. Wait for the next one.",
  "wrong-credentials": "That email and password do not match. Check both and try again.",
  "too-many-attempts": "Too many attempts from here. Wait a minute, then try again.",
  unreachable: "Signet cannot be reached. Check your connection and try again.",
};

const reasons: Readonly<Record<SignInProps["because"], string | null>> = {
  "not-signed-in": null,
  "session-ended": "Your session has ended. Sign in to go on; what you were writing is kept.",
  "no-agent": "This account is not an agent's.",
};

export function SignIn({ because, onSignedIn }: SignInProps): ReactNode {
  const [refusal, setRefusal] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const email = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const code = useRef<HTMLInputElement>(null);
  const [asksCode, setAsksCode] = useState(false);
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
    if (busy) return;
    setBusy(true);
    setRefusal(null);
    const typed = asksCode ? code.current?.value.trim() : undefined;
    const outcome = await signIn(email.current?.value.trim() ?? "", password.current?.value ?? "", typed);
    if (outcome === "signed-in") await onSignedIn();
    else if (outcome === "code-needed") setAsksCode(true);
    else {
      setRefusal(refusals[outcome]);
      if (outcome === "wrong-code") code.current?.select();
      if (outcome === "wrong-credentials") setAsksCode(false);
      if (outcome === "wrong-credentials") password.current?.select();
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
        <TextField
          className="field"
          type="email"
          name="email"
          autoComplete="username"
          isRequired
          validationBehavior="aria"
        >
          <Label>Email</Label>
          <Input ref={email} spellCheck="false" autoCapitalize="none" />
        </TextField>
        <TextField
          className="field"
          type="password"
          name="password"
          autoComplete="current-password"
          isRequired
          validationBehavior="aria"
          isInvalid={refusal === refusals["wrong-credentials"]}
        >
          <Label>Password</Label>
          <Input ref={password} />
        </TextField>
        {asksCode && (
          <TextField
            className="field"
            name="code"
            autoComplete="one-time-code"
            isRequired
            validationBehavior="aria"
            isInvalid={refusal === refusals["wrong-code"]}
          >
            <Label>Code</Label>
            <Input ref={code} spellCheck="false" autoCapitalize="none" />
            <Text slot="description" className="sign-in-hint">
              Six digits from your authenticator app, or a recovery code.
            </Text>
          </TextField>
        )}
        <div role="alert" className="sign-in-alert">
          {refusal !== null && (
            <p>
              <Icon name="warning" />
              <span>{refusal}</span>
            </p>
          )}
        </div>
        <Button type="submit" className="button" data-look="primary" data-size="large" data-busy={busy}>
          {busy ? "Signing in…" : "Sign in"}
        </Button>
      </Form>
    </main>
  );
}
