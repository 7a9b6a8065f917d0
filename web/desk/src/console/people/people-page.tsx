import { type ReactNode, useMemo, useState } from "react";
import { Button } from "react-aria-components";
import type { User } from "../../graphql/people-documents";
import { useDeskState } from "../../ui/context";
import { Done } from "../../ui/done";
import { Icon, Seal } from "../../ui/icons";
import { TextInput } from "../../ui/text-input";
import type { ProjectPage } from "../page";
import { Unread, Waiting } from "../refusal";
import { useMay } from "../rights";
import { useLoaded } from "../use-loaded";
import { InviteBox } from "./invite-box";
import { PersonBoxes, type PersonTask } from "./person-boxes";
import { PersonRow } from "./person-row";
import { RoleTable } from "./role-table";
import { usePeople } from "./use-people";

export const peoplePage: ProjectPage = {
  of: "project",
  id: "people",
  title: "People",
  name: "People",
  icon: "mine",
  needs: "users:read",
  Content: PeopleList,
};

/** So many people are seen at a glance; more are looked for. */
const MANY = 8;

/** Who works in the project, with which role, and whether they can sign in. */
function PeopleList({ projectId }: { projectId: string }): ReactNode {
  const people = usePeople(projectId);
  const mayWrite = useMay(projectId, "users:write");
  const ownId = useDeskState((state) => state.viewer.id);
  const { data: users, refusal, reload } = useLoaded(`people ${projectId}`, () => people.users());
  const [text, setText] = useState("");
  const [open, setOpen] = useState<PersonTask | { readonly name: "invite" } | null>(null);
  const [done, setDone] = useState<string | null>(null);
  const found = useMemo(() => (users ?? []).filter((user) => matches(user, text)), [users, text]);

  function start(task: PersonTask | { readonly name: "invite" }): void {
    setDone(null);
    setOpen(task);
  }

  /** What was done is said below the bar, also when its box is gone. */
  function finish(words: string | null): void {
    setDone(words);
    void reload();
  }

  return (
    <div className="console-page" data-wide="true">
      <div className="page-bar">
        <p className="hint">
          Each person has one role in each of their projects. Owners of the platform are owners here too, and are in no list.
        </p>
        {mayWrite && (
          <Button className="button" data-look="primary" onPress={() => start({ name: "invite" })}>
            <Icon name="add" />
            Invite somebody
          </Button>
        )}
      </div>
      <Done words={done} />
      <Unread words={refusal} onRetry={reload} />
      {users === null ? (
        refusal === null && <Waiting />
      ) : (
        <section aria-labelledby="people-title">
          <h2 id="people-title" className="visually-hidden">
            People of this project
          </h2>
          {users.length > MANY && (
            <TextInput
              label="Find a person"
              type="search"
              autoComplete="off"
              value={text}
              onChange={setText}
            />
          )}
          {found.length === 0 ? (
            <Nobody isFiltered={users.length > 0} />
          ) : (
            <ul className="entries" aria-label="People">
              {found.map((user) => (
                <PersonRow
                  key={user.id}
                  projectId={projectId}
                  user={user}
                  isOneself={user.id === ownId}
                  onTask={mayWrite && user.id !== ownId ? start : null}
                />
              ))}
            </ul>
          )}
        </section>
      )}
      <RoleTable projectId={projectId} />
      {open?.name === "invite" && (
        <InviteBox projectId={projectId} onInvited={() => void reload()} onClose={() => setOpen(null)} />
      )}
      {open !== null && open.name !== "invite" && (
        <PersonBoxes projectId={projectId} task={open} onDone={finish} onClose={() => setOpen(null)} />
      )}
    </div>
  );
}

function matches({ name, email }: User, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  return name.toLowerCase().includes(wanted) || email.includes(wanted);
}

function Nobody({ isFiltered }: { isFiltered: boolean }): ReactNode {
  return (
    <section className="console-nothing">
      <Seal />
      <h3>{isFiltered ? "Nobody like that" : "Nobody yet"}</h3>
      <p>{isFiltered ? "No name and no address has these letters." : "Whoever is invited stands here."}</p>
    </section>
  );
}
