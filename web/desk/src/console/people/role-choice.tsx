import type { ReactNode } from "react";
import { ChoiceSetting } from "../fields";
import { type Role, roleNames, roleSentences } from "./roles";

interface RoleChoiceProps {
  readonly roles: readonly Role[];
  readonly value: Role;
  readonly onChange: (role: Role) => void;
}

/** One of the roles that may be given, each with what it does. */
export function RoleChoice({ roles, value, onChange }: RoleChoiceProps): ReactNode {
  const choices = roles.map((role) => ({ value: role, name: roleNames[role], does: roleSentences[role] }));
  return <ChoiceSetting label="Role in this project" value={value} onChange={onChange} isReadOnly={false} choices={choices} />;
}
