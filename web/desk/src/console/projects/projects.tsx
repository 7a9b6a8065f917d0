import type { ReactNode } from "react";
import { Button } from "react-aria-components";
import { formatDate } from "@signet/kit";
import type { Told } from "../../engine/administration";
import { useAdministration } from "../context";
import type { PlatformPage } from "../page";
import { consoleAddress, followInConsole, goInConsole, moved, useConsolePlace } from "../place";
import { Unread, Waiting } from "../refusal";
import { useLoaded } from "../use-loaded";
import { type ListedProject, projectsDocument, type ProjectsPage } from "./documents";
import { NewProject } from "./new-project";

export const projectsPage: PlatformPage = {
  of: "platform",
  id: "projects",
  title: "Projects",
  name: "Projects",
  icon: "project",
  Content: Projects,
};

/** The item of the page's address under which a project is made. */
const NEW = "new";

const modeWords: Readonly<Record<ListedProject["authenticatedMode"], string>> = {
  OFF: "Authenticated mode off",
  OBSERVE: "Authenticated mode observes",
  ON: "Authenticated mode on",
};

/** Every project of the platform, and where a new one is made. */
function Projects(): ReactNode {
  const { item } = useConsolePlace();
  return <div className="console-page">{item === NEW ? <NewProject /> : <List />}</div>;
}

function List(): ReactNode {
  const administration = useAdministration();
  const { data, refusal, reload } = useLoaded<readonly ListedProject[]>("projects", async () => {
    const all: ListedProject[] = [];
    let after: string | null = null;
    do {
      const told: Told<ProjectsPage> = await administration.query(projectsDocument, { after });
      if ("refusal" in told) return told;
      const { nodes, pageInfo }: ProjectsPage["projects"] = told.data.projects;
      all.push(...nodes);
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null);
    return { data: all };
  });
  return (
    <>
      <div className="page-actions">
        <p className="hint">A project is a site, or several that share keys, settings and people.</p>
        <Button className="button" data-look="primary" onPress={() => goInConsole({ item: NEW })}>
          New project
        </Button>
      </div>
      <Unread words={refusal} onRetry={reload} />
      {data === null ? refusal === null && <Waiting /> : <Rows projects={data} />}
    </>
  );
}

function Rows({ projects }: { projects: readonly ListedProject[] }): ReactNode {
  const place = useConsolePlace();
  if (projects.length === 0) return <p className="setting-empty">There is no project yet. Make the first one.</p>;
  return (
    <ul className="rows" aria-label="Projects">
      {projects.map(({ projectId, name, authenticatedMode, createdAt }) => {
        const to = { page: "settings", item: null, projectId };
        return (
          <li key={projectId} className="row">
            <a className="row-link" href={consoleAddress(moved(place, to))} onClick={(event) => followInConsole(event, to)}>
              {name}
            </a>
            <span className="row-facts">
              <code>{projectId}</code>
              <span>{modeWords[authenticatedMode]}</span>
              <span>since {formatDate(createdAt)}</span>
            </span>
          </li>
        );
      })}
    </ul>
  );
}
