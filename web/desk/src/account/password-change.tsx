import { type ReactNode, useRef, useState } from "react";
import { Refusal } from "../console/refusal";
import { useDeskState } from "../ui/context";
import { Done } from "../ui/done";
import { PasswordRules } from "../ui/password-rules";
import { SubmitButton } from "../ui/submit-button";
import { useTask } from "../ui/task";
import { PasswordInput } from "../ui/text-input";
import { Settings } from "./settings";
import { useOwnAccount } from "./use-own-account";

const RULES = "password-rules";

/** Another password. The fields are emptied as soon as it is done. */
export function PasswordChange({ onChanged }: { onChanged: () => void }): ReactNode {
  const own = useOwnAccount();
  const email = useDeskState((state) => state.viewer.email);
  const task = useTask("password", "newPassword");
  const [present, setPresent] = useState("");
  const [chosen, setChosen] = useState("");
  const [done, setDone] = useState<string | null>(null);
  const presentField = useRef<HTMLInputElement>(null);
  const chosenField = useRef<HTMLInputElement>(null);

  async function change(): Promise<void> {
    setDone(null);
    if (present === "") return presentField.current?.focus();
    if (chosen === "") return chosenField.current?.focus();
    if ((await task.run(() => own.changePassword(present, chosen))) === null) return;
    setPresent("");
    setChosen("");
    setDone("Your password is changed. Everywhere else you are signed out.");
    onChanged();
  }

  return (
    <Settings
      title="Password"
      hint="Capitals and signs are not asked for: a few words of your own are better. A new password signs you out everywhere else."
    >
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void change();
        }}
      >
        {/* For password managers, which keep a password under a name. */}
        <input type="text" name="email" autoComplete="username" value={email ?? ""} readOnly hidden />
        <PasswordInput
          label="Present password"
          name="password"
          autoComplete="current-password"
          inputRef={presentField}
          value={present}
          onChange={setPresent}
          refusal={task.at("password")}
        />
        <PasswordInput
          label="New password"
          name="newPassword"
          autoComplete="new-password"
          aria-describedby={RULES}
          inputRef={chosenField}
          value={chosen}
          onChange={setChosen}
          refusal={task.at("newPassword")}
        />
        <div id={RULES}>
          <PasswordRules password={chosen} />
        </div>
        <Refusal words={task.otherwise} />
        <Done words={done} />
        <SubmitButton task={task} busyWords="Changing…">
          Change password
        </SubmitButton>
      </form>
    </Settings>
  );
}
