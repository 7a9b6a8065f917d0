/** Where the agent is, as the address bar has it: `/desk`, `/desk/conversations/{id}`, and the view as a query. */
import { type MouseEvent, useSyncExternalStore } from "react";
import { type View, views } from "../store/state";
import { followTo, moveTo, onArrive } from "./address";

export interface Place {
  readonly conversationId: string | null;
  readonly view: View;
  /** Only this project's conversations; `null`: those of all. */
  readonly projectId: string | null;
}

const CONVERSATION = /^\/desk\/conversations\/([0-9a-f-]{36})\/?$/i;

export function parsePlace(address: Pick<Location, "pathname" | "search">): Place {
  const query = new URLSearchParams(address.search);
  return {
    conversationId: CONVERSATION.exec(address.pathname)?.[1]?.toLowerCase() ?? null,
    view: views.find((view) => view === query.get("view")) ?? "all",
    projectId: query.get("project"),
  };
}

export function placeAddress(place: Place): string {
  const path = place.conversationId === null ? "/desk" : `/desk/conversations/${place.conversationId}`;
  const query = new URLSearchParams();
  if (place.view !== "all") query.set("view", place.view);
  if (place.projectId !== null) query.set("project", place.projectId);
  return query.size === 0 ? path : `${path}?${query}`;
}

let current = parsePlace(location);
onArrive(() => {
  current = parsePlace(location);
});

export function go(change: Partial<Place>): void {
  moveTo(placeAddress({ ...current, ...change }));
}

export function follow(event: MouseEvent, change: Partial<Place>): void {
  followTo(event, placeAddress({ ...current, ...change }));
}

export function usePlace(): Place {
  return useSyncExternalStore(onArrive, () => current);
}
