import { type ReactNode, useState } from "react";
import { Button } from "react-aria-components";
import type { Group, User } from "../../graphql/people-documents";
import { Done } from "../../ui/done";
import { Icon, Seal } from "../../ui/icons";
import { useTask } from "../../ui/task";
import { FormBox } from "../dialog";
import type { ProjectPage } from "../page";
import { Unread, Waiting } from "../refusal";
import { useMay } from "../rights";
import { useLoaded } from "../use-loaded";
import { GroupBox } from "./group-box";
import { usePeople } from "./use-people";

export const groupsPage: ProjectPage = {
  of: "project",
  id: "groups",
  title: "Groups",
  name: "Groups",
  icon: "group",
  needs: "users:read",
  Content: Groups,
};

type Open =
  | { readonly name: "create" }
  | { readonly name: "change"; readonly group: Group }
  | { readonly name: "remove"; readonly group: Group };

/** People who answer for the same things. */
function Groups({ projectId }: { projectId: string }): ReactNode {
  const people = usePeople(projectId);
  const mayWrite = useMay(projectId, "groups:write");
  const { data: groups, refusal, reload } = useLoaded(`groups ${projectId}`, () => people.groups());
  const { data: users } = useLoaded(`people ${projectId}`, () => people.users());
  const [open, setOpen] = useState<Open | null>(null);
  const [done, setDone] = useState<string | null>(null);

  function start(open: Open): void {
    setDone(null);
    setOpen(open);
  }

  function finish(words: string): void {
    setDone(words);
    setOpen(null);
    void reload();
  }

  return (
    <div className="console-page" data-wide="true">
      <div className="page-bar">
        <p className="hint">People who answer for the same things. Somebody may be in several, and whoever leaves the project leaves its groups.</p>
        {mayWrite && (
          <Button className="button" data-look="primary" onPress={() => start({ name: "create" })}>
            <Icon name="add" />
            New group
          </Button>
        )}
      </div>
      <Done words={done} />
      <Unread words={refusal} onRetry={reload} />
      {groups === null ? (
        refusal === null && <Waiting />
      ) : groups.length === 0 ? (
        <section className="console-nothing">
          <Seal />
          <h2>No groups</h2>
          <p>Without groups, everybody of the project is asked alike.</p>
        </section>
      ) : (
        <ul className="entries" aria-label="Groups">
          {groups.map((group) => (
            <GroupRow
              key={group.id}
              group={group}
              users={users ?? []}
              mayWrite={mayWrite}
              onChange={() => start({ name: "change", group })}
              onRemove={() => start({ name: "remove", group })}
            />
          ))}
        </ul>
      )}
      {(open?.name === "create" || open?.name === "change") && (
        <GroupBox
          projectId={projectId}
          group={open.name === "change" ? open.group : null}
          users={users ?? []}
          onDone={finish}
          onClose={() => setOpen(null)}
        />
      )}
      {open?.name === "remove" && (
        <RemoveBox projectId={projectId} group={open.group} onDone={finish} onClose={() => setOpen(null)} />
      )}
    </div>
  );
}

interface GroupRowProps {
  readonly group: Group;
  readonly users: readonly User[];
  readonly mayWrite: boolean;
  readonly onChange: () => void;
  readonly onRemove: () => void;
}

function GroupRow({ group: { name, memberIds }, users, mayWrite, onChange, onRemove }: GroupRowProps): ReactNode {
  const members = users.filter((user) => memberIds.includes(user.id));
  return (
    <li className="entry group-entry">
      <div className="entry-name">
        <h2>
          <bdi>{name}</bdi>
        </h2>
        <p className="hint">{memberIds.length === 1 ? "1 person" : `${memberIds.length} people`}</p>
      </div>
      <ul className="members" aria-label={`Members of ${name}`}>
        {members.map((member) => (
          <li key={member.id} className="chip">
            <bdi>{member.name}</bdi>
          </li>
        ))}
        {memberIds.length === 0 && <li className="hint">Nobody yet</li>}
      </ul>
      {mayWrite && (
        <div className="form-actions">
          <Button className="button" data-look="secondary" onPress={onChange}>
            Change<span className="visually-hidden"> {name}</span>
          </Button>
          <Button className="button" data-look="quiet" onPress={onRemove}>
            Remove<span className="visually-hidden"> {name}</span>
          </Button>
        </div>
      )}
    </li>
  );
}

interface RemoveBoxProps {
  readonly projectId: string;
  readonly group: Group;
  readonly onDone: (words: string) => void;
  readonly onClose: () => void;
}

function RemoveBox({ projectId, group, onDone, onClose }: RemoveBoxProps): ReactNode {
  const people = usePeople(projectId);
  const task = useTask();

  async function remove(): Promise<void> {
    if ((await task.run(() => people.removeGroup(group.id))) !== null) onDone(`The group ${group.name} is removed.`);
  }

  return (
    <FormBox
      title={`Remove ${group.name}?`}
      task={task}
      verb="Remove"
      busyWords="Removing…"
      look="danger"
      onSubmit={() => void remove()}
      onClose={onClose}
    >
      <p>Its people stay in the project with the roles they have.</p>
    </FormBox>
  );
}
