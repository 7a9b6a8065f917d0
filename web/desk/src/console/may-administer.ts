import { useDeskState } from "../ui/context";

/** The right without which the console has nothing to show. The server checks it for every project and request. */
const NEEDED_SCOPE = "visitors:authenticate";

/** Whether the person has that right in at least one project. */
export function useMayAdminister(): boolean {
  return useDeskState((state) => state.viewer.rights.some((right) => right.scopes.includes(NEEDED_SCOPE)));
}
