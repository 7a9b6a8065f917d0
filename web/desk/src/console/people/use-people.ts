import { useMemo } from "react";
import { People } from "../../engine/people";
import { useDeskState } from "../../ui/context";
import { useAdministration } from "../context";
import { type Role, roles } from "./roles";

export function usePeople(projectId: string): People {
  const administration = useAdministration();
  return useMemo(() => new People(administration, projectId), [administration, projectId]);
}

/** The roles that the person who is signed in may give and take in a project: of the domain's table, the row that is theirs. */
export function useGivenRoles(projectId: string): readonly Role[] {
  const role = useDeskState(({ viewer }) => viewer.rights.find((one) => one.projectId === projectId)?.role ?? null);
  if (role === "OWNER") return roles;
  return role === "ADMINISTRATOR" ? roles.filter((one) => one !== "OWNER") : [];
}
