/** What a one-time link opens: whoever has it chooses a password, and is signed in. */
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { Button, Form } from "react-aria-components";
import { Refusal } from "../console/refusal";
import { acceptInvitation, type Invitee, lookAtInvitation } from "../engine/session";
import { Seal } from "./icons";
import { PasswordRules } from "./password-rules";
import { PasswordInput, TextInput } from "./text-input";

const WELCOME = /^\/desk\/welcome\/?$/;
const RULES = "password-rules";

/** The secret of a one-time link that was followed; `null` elsewhere. */
export function invitationToken(address: Pick<Location, "pathname" | "hash">): string | null {
  return WELCOME.test(address.pathname) && address.hash.length > 1 ? address.hash.slice(1) : null;
}

type Phase =
  | { readonly name: "looking" | "no-longer-good" | "unreachable" }
  | { readonly name: "choosing"; readonly invitee: Invitee };

export function Welcome({ token, onDone }: { token: string; onDone: () => Promise<void> }): ReactNode {
  const [phase, setPhase] = useState<Phase>({ name: "looking" });

  useEffect(() => {
    document.title = "Welcome · Signet";
    let gone = false;
    void lookAtInvitation(token).then((outcome) => {
      if (gone) return;
      setPhase(typeof outcome === "string" ? { name: outcome } : { name: "choosing", invitee: outcome.invitee });
    });
    return () => {
      gone = true;
    };
  }, [token]);

  return (
    <main className="sign-in">
      {phase.name === "choosing" ? (
        <Choosing
          token={token}
          invitee={phase.invitee}
          onDone={onDone}
          onGone={() => setPhase({ name: "no-longer-good" })}
        />
      ) : (
        <section className="sign-in-card">
          <Brand title={titles[phase.name]} words={words[phase.name]} />
          {phase.name !== "looking" && (
            <Button className="button" data-size="large" onPress={() => void onDone()}>
              Go to sign-in
            </Button>
          )}
        </section>
      )}
    </main>
  );
}

const titles = { looking: "One moment", "no-longer-good": "This link is used up", unreachable: "Signet is away" } as const;
const words = {
  looking: "Looking at your invitation…",
  "no-longer-good": "A link works once and for three days. Ask whoever invited you for a new one.",
  unreachable: "Signet cannot be reached. Check your connection and load this page again.",
} as const;

function Brand({ title, words }: { title: string; words: string }): ReactNode {
  return (
    <header className="sign-in-brand">
      <Seal />
      <h1>{title}</h1>
      <p role="status">{words}</p>
    </header>
  );
}

interface ChoosingProps {
  readonly token: string;
  readonly invitee: Invitee;
  readonly onDone: () => Promise<void>;
  readonly onGone: () => void;
}

function Choosing({ token, invitee, onDone, onGone }: ChoosingProps): ReactNode {
  const isOwner = invitee.email === null;
  const [refusal, setRefusal] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const email = useRef<HTMLInputElement>(null);
  const name = useRef<HTMLInputElement>(null);
  const passwordField = useRef<HTMLInputElement>(null);
  const [password, setPassword] = useState("");

  useEffect(() => {
    (isOwner ? name : passwordField).current?.focus();
  }, [isOwner]);

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setRefusal(null);
    const chosen = { token, password };
    const outcome = await acceptInvitation(
      isOwner ? { ...chosen, email: email.current?.value.trim() ?? "", name: name.current?.value.trim() ?? "" } : chosen,
    );
    setBusy(false);
    if (outcome === "accepted") await onDone();
    else if (outcome === "no-longer-good") onGone();
    else setRefusal(outcome === "unreachable" ? words.unreachable : `${sentence(outcome.refused)}.`);
  }

  return (
    <Form className="sign-in-card" onSubmit={(event) => void submit(event)}>
      <Brand
        title={isOwner ? "Welcome to Signet" : `Welcome, ${invitee.name ?? ""}`}
        words={isOwner ? "Nobody is here yet. You will own this platform." : "Choose a password, and you are in."}
      />
      {isOwner ? (
        <>
          <TextInput label="Name" name="name" autoComplete="name" isRequired inputRef={name} />
          <TextInput label="Email" type="email" name="email" autoComplete="username" isRequired inputRef={email} />
        </>
      ) : (
        <TextInput label="Email" type="email" name="email" autoComplete="username" isReadOnly value={invitee.email ?? ""} />
      )}
      <PasswordInput
        label="Password"
        name="password"
        autoComplete="new-password"
        aria-describedby={RULES}
        isRequired
        isInvalid={refusal !== null}
        inputRef={passwordField}
        value={password}
        onChange={setPassword}
      />
      <div id={RULES}>
        <PasswordRules password={password} />
      </div>
      <Refusal words={refusal} />
      <Button type="submit" className="button" data-look="primary" data-size="large" data-busy={busy}>
        {busy ? "One moment…" : "Set password and sign in"}
      </Button>
    </Form>
  );
}

function sentence(phrase: string): string {
  return phrase.charAt(0).toUpperCase() + phrase.slice(1);
}
