/** Every page of the console, in the order of the navigation. A page is added here and nowhere else. */
import type { Viewer } from "../graphql/documents";
import { auditPage } from "./audit/audit-page";
import { clientsPage } from "./clients/clients-page";
import { doctorPage } from "./doctor/doctor";
import { failuresPage } from "./failures/failures";
import { keysPage } from "./keys/keys";
import type { Page } from "./page";
import { groupsPage } from "./people/groups-page";
import { peoplePage } from "./people/people-page";
import { platformKeysPage } from "./platform-keys/platform-keys";
import { projectsPage } from "./projects/projects";
import { mayOpen } from "./rights";
import { settingsPage } from "./settings/settings";

export interface Chapter {
  readonly name: string;
  readonly pages: readonly Page[];
}

const chapters: readonly Chapter[] = [
  { name: "Project", pages: [settingsPage, keysPage] },
  { name: "Visitor tokens", pages: [doctorPage, failuresPage] },
  { name: "Access", pages: [peoplePage, groupsPage, clientsPage, auditPage] },
  { name: "Platform", pages: [projectsPage, platformKeysPage] },
];

/** What the person may open, chapter by chapter. */
export function chaptersFor(viewer: Viewer, projectId: string | null): readonly Chapter[] {
  return chapters
    .map(({ name, pages }) => ({ name, pages: pages.filter((page) => mayOpen(page, viewer, projectId)) }))
    .filter(({ pages }) => pages.length > 0);
}

/** The page that an address names, whoever may open it. */
export function findPage(id: string): Page | undefined {
  return chapters.flatMap(({ pages }) => pages).find((page) => page.id === id);
}
