import type { ReactNode } from "react";
import { Icon } from "../../ui/icons";
import { useLoaded } from "../use-loaded";
import { type Role, roleNames, roles, roleSentences } from "./roles";
import { usePeople } from "./use-people";

/** What each role may do, from the server's own table. */
export function RoleTable({ projectId }: { projectId: string }): ReactNode {
  const people = usePeople(projectId);
  const { data: permissions } = useLoaded("permissions", () => people.permissions());
  return (
    <details className="card role-table">
      <summary>What the roles may do</summary>
      <dl className="facts">
        {roles.map((role) => (
          <div key={role}>
            <dt>{roleNames[role]}</dt>
            <dd>{roleSentences[role]}</dd>
          </div>
        ))}
      </dl>
      <p className="hint">
        Owners give and take every role, administrators every role but owner’s. Nobody changes their own, so that somebody with
        the right to is always left.
      </p>
      <div className="table-scroll" tabIndex={0} role="group" aria-label="Table of rights">
        <table>
          <thead>
            <tr>
              <th scope="col">Right</th>
              {roles.map((role) => (
                <th key={role} scope="col">
                  {roleNames[role]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {(permissions ?? []).map(({ scope, description, roles: having }) => (
              <tr key={scope}>
                <th scope="row">
                  {description}
                  <code>{scope}</code>
                </th>
                {roles.map((role) => (
                  <td key={role}>
                    <Mark isGiven={having.includes(role)} role={role} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function Mark({ isGiven, role }: { isGiven: boolean; role: Role }): ReactNode {
  return (
    <>
      {isGiven ? <Icon name="tick" /> : <span aria-hidden="true">–</span>}
      <span className="visually-hidden">
        {roleNames[role]}: {isGiven ? "yes" : "no"}
      </span>
    </>
  );
}
