import { createContext, useContext } from "react";
import type { Desk } from "../engine/desk";
import type { DeskState } from "../store/state";
import { useStore } from "../store/store";

export const DeskContext = createContext<Desk | null>(null);

export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (desk === null) throw new Error("used outside the desk");
  return desk;
}

/** A part of the desk's state; `select` must return the same object for the same state. */
export function useDeskState<Part>(select: (state: DeskState) => Part): Part {
  return useStore(useDesk().store, select);
}
