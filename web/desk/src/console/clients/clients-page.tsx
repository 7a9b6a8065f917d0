import { type ReactNode, useState } from "react";
import { Button } from "react-aria-components";
import type { Client } from "../../graphql/people-documents";
import { Done } from "../../ui/done";
import { Icon, Seal } from "../../ui/icons";
import type { ProjectPage } from "../page";
import { usePeople } from "../people/use-people";
import { Unread, Waiting } from "../refusal";
import { useMay } from "../rights";
import { useLoaded } from "../use-loaded";
import { ClientBox } from "./client-box";
import { ClientRow } from "./client-row";
import { RevokeBox, RotateBox } from "./secret-boxes";

export const clientsPage: ProjectPage = {
  of: "project",
  id: "clients",
  title: "API clients",
  name: "API clients",
  icon: "plug",
  needs: "users:read",
  Content: Clients,
};

type Open =
  | { readonly name: "create" }
  | { readonly name: "change" | "rotate" | "revoke"; readonly client: Client };

/** Programs of the brand's that call the API. */
function Clients({ projectId }: { projectId: string }): ReactNode {
  const people = usePeople(projectId);
  const mayWrite = useMay(projectId, "clients:write");
  const { data: clients, refusal, reload } = useLoaded(`clients ${projectId}`, () => people.clients());
  const [open, setOpen] = useState<Open | null>(null);
  const [done, setDone] = useState<string | null>(null);

  function start(open: Open): void {
    setDone(null);
    setOpen(open);
  }

  function finish(words: string | null): void {
    setDone(words);
    void reload();
  }

  const box = { projectId, onDone: finish, onClose: () => setOpen(null) };
  return (
    <div className="console-page" data-wide="true">
      <div className="page-bar">
        <p className="hint">
          Programs that call <code>/graphql</code> for this project: they get a token at <code>/oauth2/token</code> with their id
          and secret, and may do what their scopes say.
        </p>
        {mayWrite && (
          <Button className="button" data-look="primary" onPress={() => start({ name: "create" })}>
            <Icon name="add" />
            Register a program
          </Button>
        )}
      </div>
      <Done words={done} />
      <Unread words={refusal} onRetry={reload} />
      {clients === null ? (
        refusal === null && <Waiting />
      ) : clients.length === 0 ? (
        <section className="console-nothing">
          <Seal />
          <h2>No programs</h2>
          <p>Register one for your CRM, your back office or a report, each with the few scopes it needs.</p>
        </section>
      ) : (
        <ul className="entries" aria-label="API clients">
          {inOrder(clients).map((client) => (
            <ClientRow
              key={client.id}
              projectId={projectId}
              client={client}
              onTask={mayWrite ? (name) => start({ name, client }) : null}
            />
          ))}
        </ul>
      )}
      {open?.name === "create" && <ClientBox client={null} {...box} />}
      {open?.name === "change" && <ClientBox client={open.client} {...box} />}
      {open?.name === "rotate" && <RotateBox client={open.client} {...box} />}
      {open?.name === "revoke" && <RevokeBox client={open.client} {...box} />}
    </div>
  );
}

/** Those that were revoked come last. */
function inOrder(clients: readonly Client[]): readonly Client[] {
  return [...clients.filter((one) => one.revokedAt === null), ...clients.filter((one) => one.revokedAt !== null)];
}
