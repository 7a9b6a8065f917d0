import { type ReactNode, useState } from "react";
import { Button } from "react-aria-components";
import type { Invited } from "../../engine/people";
import { useTask } from "../../ui/task";
import { TextInput } from "../../ui/text-input";
import { Box, BoxForm, ShownOnce } from "../dialog";
import { RoleChoice } from "./role-choice";
import type { Role } from "./roles";
import { useGivenRoles, usePeople } from "./use-people";

interface InviteBoxProps {
  readonly projectId: string;
  readonly onInvited: () => void;
  readonly onClose: () => void;
}

/** Gives somebody a role. Who is new on the platform gets a link, which is shown once. */
export function InviteBox({ projectId, onInvited, onClose }: InviteBoxProps): ReactNode {
  const people = usePeople(projectId);
  const given = useGivenRoles(projectId);
  const task = useTask("email", "name");
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("AGENT");
  const [invited, setInvited] = useState<Invited | null>(null);

  async function invite(): Promise<void> {
    const outcome = await task.run(() => people.invite(email, name, role));
    if (outcome === null) return;
    setInvited(outcome);
    onInvited();
  }

  return (
    <Box
      title={invited === null ? "Invite somebody" : invitationTitle(invited)}
      onClose={onClose}
      isPinned={invited !== null && invited.link !== null}
      isWide
    >
      {invited === null ? (
        <BoxForm
          task={task}
          verb="Invite"
          busyWords="Inviting…"
          isDisabled={email.trim() === "" || name.trim() === ""}
          onSubmit={() => void invite()}
          onCancel={onClose}
        >
          <TextInput
            label="Email"
            type="email"
            autoComplete="off"
            hint="They sign in with it. Signet sends no mail: you get a link to pass on."
            autoFocus
            value={email}
            onChange={setEmail}
            refusal={task.at("email")}
          />
          <TextInput
            label="Name"
            autoComplete="off"
            hint="Visitors see it above their answers."
            value={name}
            onChange={setName}
            refusal={task.at("name")}
          />
          <RoleChoice roles={given} value={role} onChange={setRole} />
        </BoxForm>
      ) : (
        <InvitationLink invited={invited} onClose={onClose} />
      )}
    </Box>
  );
}

/** What a box is called that shows a link. */
export function invitationTitle({ user, link }: Invited): string {
  return link === null ? `${user.name} is here` : `A link for ${user.name}`;
}

/** The link, or for somebody who has a password that there is none. */
export function InvitationLink({ invited: { user, link }, onClose }: { invited: Invited; onClose: () => void }): ReactNode {
  if (link === null)
    return (
      <>
        <p>They have an account already and sign in with the password they have. The project is theirs at once.</p>
        <div className="form-actions dialog-actions">
          <Button className="button" data-look="primary" onPress={onClose} autoFocus>
            Done
          </Button>
        </div>
      </>
    );
  return (
    <ShownOnce text={link} what="the link" onClose={onClose}>
      <p>
        Send it to <bdi>{user.email}</bdi> yourself. Whoever opens it chooses a password and is signed in as them: once, and
        within three days.
      </p>
    </ShownOnce>
  );
}
