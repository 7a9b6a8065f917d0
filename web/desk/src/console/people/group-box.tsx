import { type ReactNode, useState } from "react";
import { Checkbox, CheckboxGroup, FieldError, Label } from "react-aria-components";
import type { Group, User } from "../../graphql/people-documents";
import { Icon } from "../../ui/icons";
import { useTask } from "../../ui/task";
import { TextInput } from "../../ui/text-input";
import { FormBox } from "../dialog";
import { roleNames } from "./roles";
import { usePeople } from "./use-people";

interface GroupBoxProps {
  readonly projectId: string;
  /** `null`: a new one. */
  readonly group: Group | null;
  /** Everybody of the project. */
  readonly users: readonly User[];
  readonly onDone: (words: string) => void;
  readonly onClose: () => void;
}

/** A group's name and who is in it. */
export function GroupBox({ projectId, group, users, onDone, onClose }: GroupBoxProps): ReactNode {
  const people = usePeople(projectId);
  const task = useTask("name", "memberIds");
  const [name, setName] = useState(group?.name ?? "");
  const [members, setMembers] = useState<readonly string[]>(group?.memberIds ?? []);
  const [verb, busyWords] = group === null ? ["Create group", "Creating…"] : ["Save", "Saving…"];

  async function save(): Promise<void> {
    const saved = await task.run(() =>
      group === null ? people.createGroup(name, members) : people.updateGroup(group.id, name, members),
    );
    if (saved !== null) onDone(group === null ? `The group ${saved.name} is there.` : `The group ${saved.name} is changed.`);
  }

  return (
    <FormBox
      title={group === null ? "New group" : `Change ${group.name}`}
      task={task}
      verb={verb ?? "Save"}
      busyWords={busyWords ?? "Saving…"}
      isDisabled={name.trim() === ""}
      onSubmit={() => void save()}
      onClose={onClose}
      isWide
    >
      <TextInput label="Name" autoComplete="off" autoFocus value={name} onChange={setName} refusal={task.at("name")} />
      <CheckboxGroup
        className="field"
        value={[...members]}
        onChange={setMembers}
        isInvalid={task.at("memberIds") !== undefined}
        validationBehavior="aria"
      >
        <Label>Members</Label>
        <div className="picks">
          {users.map((user) => (
            <Checkbox key={user.id} className="checkbox pick" value={user.id}>
              <span className="checkbox-box" aria-hidden="true">
                <Icon name="tick" />
              </span>
              <span>
                <bdi>{user.name}</bdi>
                {user.role !== null && <span className="hint"> {roleNames[user.role]}</span>}
              </span>
            </Checkbox>
          ))}
          {users.length === 0 && <p className="hint">Nobody has a role in this project yet.</p>}
        </div>
        <FieldError className="field-error">{task.at("memberIds")}</FieldError>
      </CheckboxGroup>
    </FormBox>
  );
}
