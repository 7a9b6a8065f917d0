/** What the person who is signed in may see of the console. The server checks it again for every request. */
import type { Project, Viewer } from "../graphql/documents";
import { useDeskState } from "../ui/context";
import type { Page } from "./page";

/** Such as `keys:write`; docs/rights.md has them all. */
export type Scope = string;

/** Rights that only answering visitors does not need. Whoever has none of them in a project has no console there. */
const OPENING: readonly Scope[] = ["projects:write", "visitors:authenticate", "users:read", "clients:write", "audit:read"];

export function scopesIn(viewer: Viewer, projectId: string): readonly Scope[] {
  return viewer.rights.find((one) => one.projectId === projectId)?.scopes ?? [];
}

/** The projects that have a console for this person. */
export function projectsOf(viewer: Viewer, projects: Readonly<Record<string, Project>>): readonly Project[] {
  return Object.values(projects).filter(({ projectId }) =>
    scopesIn(viewer, projectId).some((scope) => OPENING.includes(scope)),
  );
}

/** Whether a page is for this person, of a project unless it is the platform's. */
export function mayOpen(page: Page, viewer: Viewer, projectId: string | null): boolean {
  if (page.of === "platform") return viewer.ownsPlatform;
  return projectId !== null && scopesIn(viewer, projectId).includes(page.needs);
}

/** Whether there is anything in the console for the person. */
export function useMayEnterConsole(): boolean {
  return useDeskState(({ viewer, projects }) => viewer.ownsPlatform || projectsOf(viewer, projects).length > 0);
}

/** Whether the person has a right in a project. */
export function useMay(projectId: string, scope: Scope): boolean {
  return useDeskState(({ viewer }) => scopesIn(viewer, projectId).includes(scope));
}
