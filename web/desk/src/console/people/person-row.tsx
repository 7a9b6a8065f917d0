import type { ReactNode } from "react";
import { Button, Menu, MenuItem, MenuTrigger, Popover, Separator } from "react-aria-components";
import { formatAge } from "@signet/kit";
import type { User } from "../../graphql/people-documents";
import { Avatar } from "../../ui/avatar";
import { useNow } from "../../ui/clock";
import { useDeskState } from "../../ui/context";
import { Icon } from "../../ui/icons";
import type { PersonTask } from "./person-boxes";
import { roleNames } from "./roles";
import { useGivenRoles } from "./use-people";

interface PersonRowProps {
  readonly projectId: string;
  readonly user: User;
  readonly isOneself: boolean;
  /** `null`: nothing can be done about them. */
  readonly onTask: ((task: PersonTask) => void) | null;
}

export function PersonRow({ projectId, user, isOneself, onTask }: PersonRowProps): ReactNode {
  const now = useNow();
  const { id, name, email, role, state, hasSecondFactor, lastSeenAt } = user;
  return (
    <li className="entry person-entry" data-faded={state === "DISABLED"}>
      <Avatar id={id} name={name} anonymous={false} />
      <div className="entry-name">
        <h3>
          <bdi>{name}</bdi>
          {isOneself && <span className="chip">You</span>}
        </h3>
        <p className="hint">
          <bdi>{email}</bdi>
        </p>
      </div>
      <div className="entry-chips">
        {role !== null && <span className="chip">{roleNames[role]}</span>}
        {state === "INVITED" && (
          <span className="chip" data-look="warning">
            Invited
          </span>
        )}
        {state === "DISABLED" && (
          <span className="chip" data-look="bad">
            Disabled
          </span>
        )}
        <Elsewhere projectId={projectId} user={user} />
      </div>
      <div className="entry-facts">
        <p data-look={hasSecondFactor ? "good" : undefined}>{hasSecondFactor ? "Second factor" : "No second factor"}</p>
        <p>{lastSeenAt === null ? "Never signed in" : <time dateTime={lastSeenAt}>Seen {formatAge(lastSeenAt, now)}</time>}</p>
      </div>
      {onTask === null ? <span /> : <Actions projectId={projectId} user={user} onTask={onTask} />}
    </li>
  );
}

/** Roles in other projects, as far as the reader may know. */
function Elsewhere({ projectId, user: { roles } }: { projectId: string; user: User }): ReactNode {
  const projects = useDeskState((state) => state.projects);
  const others = roles.filter((one) => one.projectId !== projectId);
  const [first] = others;
  if (first === undefined) return null;
  const nameOf = (id: string) => projects[id]?.name ?? id;
  if (others.length > 1)
    return (
      <span className="hint" title={others.map((one) => `${nameOf(one.projectId)}: ${roleNames[one.role]}`).join("\n")}>
        and in {others.length} other projects
      </span>
    );
  return (
    <span className="hint">
      {roleNames[first.role]} in <bdi>{nameOf(first.projectId)}</bdi>
    </span>
  );
}

function Actions({ projectId, user, onTask }: Pick<PersonRowProps, "projectId" | "user"> & { onTask: (task: PersonTask) => void }): ReactNode {
  const given = useGivenRoles(projectId);
  const { name, role, state, hasSecondFactor } = user;
  const mayGive = role !== null && given.includes(role);
  return (
    <MenuTrigger>
      <Button className="button" data-look="quiet" data-shape="icon" aria-label={`What to do with ${name}`} isDisabled={!mayGive}>
        <Icon name="more" />
      </Button>
      <Popover className="popover" placement="bottom end">
        <Menu className="menu menu-plain" onAction={(key) => onTask({ name: key as PersonTask["name"], user })}>
          <MenuItem className="menu-item" id="role">
            Change role…
          </MenuItem>
          <MenuItem className="menu-item" id="rename">
            Rename…
          </MenuItem>
          <MenuItem className="menu-item" id="link">
            New one-time link…
          </MenuItem>
          {hasSecondFactor ? (
            <MenuItem className="menu-item" id="factor">
              Take second factor away…
            </MenuItem>
          ) : null}
          <Separator className="menu-separator" />
          <MenuItem className="menu-item" id="leave">
            Take out of this project…
          </MenuItem>
          <MenuItem className="menu-item" id={state === "DISABLED" ? "enable" : "disable"}>
            {state === "DISABLED" ? "Let them sign in again…" : "Disable…"}
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
