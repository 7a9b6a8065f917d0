import { type ReactNode, useEffect, useState } from "react";
import { initials } from "@signet/kit";
import { roleNames } from "../console/people/roles";
import { Refusal } from "../console/refusal";
import { useLoaded } from "../console/use-loaded";
import { useDesk, useDeskState } from "../ui/context";
import { Done } from "../ui/done";
import { Help } from "../ui/help";
import { Icon } from "../ui/icons";
import { Rail } from "../ui/rail";
import { SubmitButton } from "../ui/submit-button";
import { useTask } from "../ui/task";
import { TextInput } from "../ui/text-input";
import { PasswordChange } from "./password-change";
import { SecondFactor } from "./second-factor";
import { Sessions } from "./sessions";
import { Settings } from "./settings";
import { useOwnAccount } from "./use-own-account";

/** One's own account: name, password, second factor, and where one is signed in. */
export function AccountScreen({ onSignOut }: { onSignOut: () => Promise<boolean> }): ReactNode {
  const [notice, setNotice] = useState<string | null>(null);
  const [helpShown, setHelpShown] = useState(false);
  useEffect(() => {
    document.title = "Your account · Signet desk";
  }, []);

  async function signOut(): Promise<void> {
    setNotice((await onSignOut()) ? null : "You are still signed in: Signet could not be reached to sign you out.");
  }

  return (
    <div className="frame account">
      <div className="banners" role="status">
        {notice !== null && (
          <p className="banner" data-look="danger">
            <Icon name="warning" />
            <span>{notice}</span>
          </p>
        )}
      </div>
      <Rail onSignOut={() => void signOut()} onHelp={() => setHelpShown(true)} />
      <main className="console-main">
        <header className="console-header">
          <h1>Your account</h1>
        </header>
        <Content />
      </main>
      <Help isOpen={helpShown} onOpenChange={setHelpShown} />
    </div>
  );
}

function Content(): ReactNode {
  const own = useOwnAccount();
  const { data: account, refusal, reload } = useLoaded("account", () => own.read());
  const refresh = () => void reload();
  return (
    <div className="console-page" data-wide="true">
      <Person />
      <PasswordChange onChanged={refresh} />
      <Refusal words={refusal} />
      {account !== null && <SecondFactor factor={account.secondFactor} onChanged={refresh} />}
      {account !== null && <Sessions sessions={account.sessions} onChanged={refresh} />}
    </div>
  );
}

function Person(): ReactNode {
  const desk = useDesk();
  const viewer = useDeskState((state) => state.viewer);
  const projects = useDeskState((state) => state.projects);
  const own = useOwnAccount();
  const task = useTask("name");
  const [name, setName] = useState(viewer.name);
  const [done, setDone] = useState<string | null>(null);

  async function save(): Promise<void> {
    setDone(null);
    const renamed = await task.run(() => own.rename(name));
    if (renamed === null) return;
    setName(renamed);
    setDone("Saved. Visitors see the new name from now on.");
    await desk.refresh();
  }

  return (
    <Settings title="You" hint="Who you are here, and what you may do in each project.">
      <div className="person">
        <span className="avatar" data-tint="agent" data-size="large" aria-hidden="true">
          {initials(viewer.name)}
        </span>
        <div>
          <p className="person-name">
            <bdi>{viewer.name}</bdi>
          </p>
          <p className="hint">
            <bdi>{viewer.email}</bdi>
          </p>
        </div>
      </div>
      <ul className="roles">
        {viewer.rights.map(({ projectId, role }) => (
          <li key={projectId}>
            <bdi>{projects[projectId]?.name ?? projectId}</bdi>
            {role !== null && <span className="chip">{roleNames[role]}</span>}
          </li>
        ))}
      </ul>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <TextInput
          label="Name"
          name="name"
          autoComplete="name"
          hint="Visitors see it above your answers."
          value={name}
          onChange={(text) => {
            setName(text);
            setDone(null);
            task.forget();
          }}
          refusal={task.at("name")}
        />
        <Refusal words={task.otherwise} />
        <Done words={done} />
        <SubmitButton task={task} busyWords="Saving…" isDisabled={name.trim() === viewer.name || name.trim() === ""}>
          Save name
        </SubmitButton>
      </form>
    </Settings>
  );
}
