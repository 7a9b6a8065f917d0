import { type ReactNode, useState } from "react";
import { Button } from "react-aria-components";
import { Refusal } from "../console/refusal";
import type { Outcome } from "../engine/administration";
import { SubmitButton } from "../ui/submit-button";
import { useTask } from "../ui/task";
import { PasswordInput } from "../ui/text-input";

interface PasswordPromptProps<Data> {
  readonly why: string;
  readonly verb: string;
  readonly look?: "primary" | "danger";
  readonly work: (password: string) => Promise<Outcome<Data>>;
  readonly onDone: (data: Data) => void;
  readonly onCancel: () => void;
}

/** Asks for the password before something that whoever finds an unlocked desk must not do. */
export function PasswordPrompt<Data>({ why, verb, look, work, onDone, onCancel }: PasswordPromptProps<Data>): ReactNode {
  const [password, setPassword] = useState("");
  const task = useTask("password");

  async function submit(): Promise<void> {
    const data = await task.run(() => work(password));
    if (data !== null) onDone(data);
  }

  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <p>{why}</p>
      <PasswordInput
        label="Your password"
        name="password"
        autoComplete="current-password"
        autoFocus
        value={password}
        onChange={setPassword}
        refusal={task.at("password")}
      />
      <Refusal words={task.otherwise} />
      <div className="form-actions">
        <SubmitButton task={task} busyWords="One moment…" isDisabled={password === ""} {...(look !== undefined && { look })}>
          {verb}
        </SubmitButton>
        <Button className="button" data-look="quiet" onPress={onCancel}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
