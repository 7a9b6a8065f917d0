import { createContext, useContext } from "react";
import type { Administration } from "../engine/administration";

export const AdministrationContext = createContext<Administration | null>(null);

export function useAdministration(): Administration {
  const administration = useContext(AdministrationContext);
  if (administration === null) throw new Error("used outside the console");
  return administration;
}
