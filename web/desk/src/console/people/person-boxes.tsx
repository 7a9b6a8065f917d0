import { type ReactNode, useState } from "react";
import type { Outcome } from "../../engine/administration";
import type { Invited, People } from "../../engine/people";
import type { User } from "../../graphql/people-documents";
import { useTask } from "../../ui/task";
import { TextInput } from "../../ui/text-input";
import { Box, BoxForm, FormBox } from "../dialog";
import { InvitationLink, invitationTitle } from "./invite-box";
import { RoleChoice } from "./role-choice";
import { type Role, roleNames } from "./roles";
import { useGivenRoles, usePeople } from "./use-people";

/** What is to be done about somebody. */
export interface PersonTask {
  readonly name: "role" | "rename" | "link" | "factor" | "leave" | "disable" | "enable";
  readonly user: User;
}

interface PersonBoxProps {
  readonly projectId: string;
  readonly user: User;
  /** With what is to be said about it. */
  readonly onDone: (words: string | null) => void;
  readonly onClose: () => void;
}

/** The box of a task. */
export function PersonBoxes({ task: { name, user }, ...box }: Omit<PersonBoxProps, "user"> & { task: PersonTask }): ReactNode {
  switch (name) {
    case "role":
      return <RoleBox user={user} {...box} />;
    case "rename":
      return <RenameBox user={user} {...box} />;
    case "link":
      return <LinkBox user={user} {...box} />;
    default:
      return <ConfirmBox user={user} question={questions[name]} {...box} />;
  }
}

function RoleBox({ projectId, user, onDone, onClose }: PersonBoxProps): ReactNode {
  const people = usePeople(projectId);
  const given = useGivenRoles(projectId);
  const task = useTask();
  const [role, setRole] = useState<Role>(user.role ?? "AGENT");

  async function save(): Promise<void> {
    if ((await task.run(() => people.setRole(user.id, role))) === null) return;
    onDone(`${user.name} is now: ${roleNames[role]}.`);
    onClose();
  }

  return (
    <FormBox
      title={`Role of ${user.name}`}
      task={task}
      verb="Change role"
      busyWords="Changing…"
      isDisabled={role === user.role}
      onSubmit={() => void save()}
      onClose={onClose}
      isWide
    >
      <p>It counts at once, also where they are signed in.</p>
      <RoleChoice roles={given} value={role} onChange={setRole} />
    </FormBox>
  );
}

function RenameBox({ projectId, user, onDone, onClose }: PersonBoxProps): ReactNode {
  const people = usePeople(projectId);
  const task = useTask("name");
  const [name, setName] = useState(user.name);

  async function save(): Promise<void> {
    const renamed = await task.run(() => people.rename(user.id, name));
    if (renamed === null) return;
    onDone(`${user.name} is now called ${renamed.name}.`);
    onClose();
  }

  return (
    <FormBox
      title={`Rename ${user.name}`}
      task={task}
      verb="Rename"
      busyWords="Renaming…"
      isDisabled={name.trim() === user.name}
      onSubmit={() => void save()}
      onClose={onClose}
    >
      <TextInput
        label="Name"
        autoComplete="off"
        hint="Visitors see it, in all of their projects."
        autoFocus
        value={name}
        onChange={setName}
        refusal={task.at("name")}
      />
    </FormBox>
  );
}

function LinkBox({ projectId, user, onDone, onClose }: PersonBoxProps): ReactNode {
  const people = usePeople(projectId);
  const task = useTask();
  const [invited, setInvited] = useState<Invited | null>(null);

  async function make(): Promise<void> {
    const outcome = await task.run(() => people.renewInvitation(user.id));
    if (outcome === null) return;
    setInvited(outcome);
    onDone(null);
  }

  return (
    <Box
      title={invited === null ? `A new link for ${user.name}?` : invitationTitle(invited)}
      onClose={onClose}
      isPinned={invited !== null}
      isWide
    >
      {invited === null ? (
        <BoxForm task={task} verb="Make a link" busyWords="Making…" onSubmit={() => void make()} onCancel={onClose}>
          <p>
            For a lost link or a forgotten password. The link before it is no longer good. Their password stays good until the
            new one is used; a second factor stays.
          </p>
        </BoxForm>
      ) : (
        <InvitationLink invited={invited} onClose={onClose} />
      )}
    </Box>
  );
}

interface Question {
  readonly title: (user: User) => string;
  readonly words: string;
  readonly verb: string;
  readonly look: "primary" | "danger";
  readonly work: (people: People, user: User) => Promise<Outcome<User>>;
  readonly done: (user: User) => string;
}

const questions: Readonly<Record<Exclude<PersonTask["name"], "role" | "rename" | "link">, Question>> = {
  factor: {
    title: ({ name }) => `Take ${name}’s second factor away?`,
    words:
      "For a lost telephone without recovery codes. Make sure that it is really them who ask: their password alone signs them in then. They are signed out everywhere.",
    verb: "Take it away",
    look: "danger",
    work: (people, { id }) => people.resetSecondFactor(id),
    done: ({ name }) => `${name} signs in without a second factor.`,
  },
  leave: {
    title: ({ name }) => `Take ${name} out of this project?`,
    words: "They lose their role and leave its groups at once. What they wrote stays. Their account and other projects stay too.",
    verb: "Take out",
    look: "danger",
    work: (people, { id }) => people.setRole(id, null),
    done: ({ name }) => `${name} has no role in this project any more.`,
  },
  disable: {
    title: ({ name }) => `Disable ${name}?`,
    words: "They are signed out everywhere within seconds and cannot sign in, to none of their projects, until somebody enables them.",
    verb: "Disable",
    look: "danger",
    work: (people, { id }) => people.disable(id),
    done: ({ name }) => `${name} can no longer sign in.`,
  },
  enable: {
    title: ({ name }) => `Let ${name} sign in again?`,
    words: "With the password and second factor they had, and the roles they have.",
    verb: "Enable",
    look: "primary",
    work: (people, { id }) => people.enable(id),
    done: ({ name }) => `${name} can sign in again.`,
  },
};

function ConfirmBox({ projectId, user, question, onDone, onClose }: PersonBoxProps & { question: Question }): ReactNode {
  const people = usePeople(projectId);
  const task = useTask();

  async function confirm(): Promise<void> {
    if ((await task.run(() => question.work(people, user))) === null) return;
    onDone(question.done(user));
    onClose();
  }

  return (
    <FormBox
      title={question.title(user)}
      task={task}
      verb={question.verb}
      busyWords="One moment…"
      look={question.look}
      onSubmit={() => void confirm()}
      onClose={onClose}
    >
      <p>{question.words}</p>
    </FormBox>
  );
}
