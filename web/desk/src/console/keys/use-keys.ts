import { useAdministration } from "../context";
import { type Loaded, useLoaded } from "../use-loaded";
import { type Keys, keysDocument } from "./documents";

/** The project's keys and key set, kept current: shares of traffic move while one looks. */
export function useKeys(projectId: string): Loaded<Keys | null> {
  const administration = useAdministration();
  return useLoaded<Keys | null>(
    projectId,
    async () => {
      const told = await administration.query(keysDocument, { projectId });
      return "refusal" in told ? told : { data: told.data.project };
    },
    true,
  );
}
