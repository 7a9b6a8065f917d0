import { type ReactNode, useEffect, useState } from "react";
import type { Project } from "../graphql/documents";
import { followTo } from "../ui/address";
import { useDeskState } from "../ui/context";
import { Icon, Seal } from "../ui/icons";
import { ConsoleMenu, ConsoleRail } from "./console-rail";
import type { Page } from "./page";
import { type Chapter, chaptersFor, findPage } from "./pages";
import { followInConsole, goInConsole, settleInConsole, useConsolePlace } from "./place";
import { mayOpen, projectsOf } from "./rights";

/** What the address asks for, and whether this person may have it. */
type Shown =
  | { readonly name: "project-page"; readonly page: Extract<Page, { of: "project" }>; readonly project: Project }
  | { readonly name: "platform-page"; readonly page: Extract<Page, { of: "platform" }> }
  | { readonly name: "no-console" | "no-such-page" | "no-such-project" | "not-allowed" | "no-project" };

interface View {
  readonly shown: Shown;
  readonly project: Project | null;
  /** Those that have a console for this person. */
  readonly projects: readonly Project[];
  readonly chapters: readonly Chapter[];
}

/** The administrators' pages, for whoever is signed in. */
export function ConsoleScreen({ onSignOut }: { onSignOut: () => Promise<boolean> }): ReactNode {
  const [notice, setNotice] = useState<string | null>(null);
  const view = useView();
  const { page } = useConsolePlace();
  const current = "page" in view.shown ? view.shown.page.id : null;
  useEffect(() => {
    if (page === null && current !== null) settleInConsole(current);
  }, [page, current]);

  function signOut(): void {
    void onSignOut().then((done) => {
      setNotice(done ? null : "You are still signed in: Signet could not be reached to sign you out.");
    });
  }

  const navigation = {
    chapters: view.chapters,
    current,
    projectId: view.project?.projectId ?? null,
    onSignOut: signOut,
  };
  return (
    <div className="frame console">
      <div className="banners" role="status">
        {notice !== null && (
          <p className="banner" data-look="danger">
            <Icon name="warning" />
            <span>{notice}</span>
          </p>
        )}
      </div>
      <ConsoleRail {...navigation} />
      <main className="console-main">
        <header className="console-header">
          <ConsoleMenu {...navigation} />
          <Title shown={view.shown} />
          {view.shown.name !== "platform-page" && <ProjectChoice {...view} />}
        </header>
        <Content shown={view.shown} />
      </main>
    </div>
  );
}

function useView(): View {
  const place = useConsolePlace();
  const viewer = useDeskState((state) => state.viewer);
  const all = useDeskState((state) => state.projects);
  const projects = projectsOf(viewer, all);
  const project = projects.find((one) => place.projectId === null || one.projectId === place.projectId) ?? null;
  const chapters = chaptersFor(viewer, project?.projectId ?? null);
  const first = chapters[0]?.pages[0];
  const page = place.page === null ? first : findPage(place.page);
  const view = (shown: Shown) => ({ shown, project, projects, chapters });

  if (projects.length === 0 && !viewer.ownsPlatform) return view({ name: "no-console" });
  if (page === undefined) return view({ name: place.page === null ? "no-project" : "no-such-page" });
  if (page.of === "platform") return view(mayOpen(page, viewer, null) ? { name: "platform-page", page } : { name: "not-allowed" });
  if (project === null) return view({ name: projects.length === 0 ? "no-project" : "no-such-project" });
  if (!mayOpen(page, viewer, project.projectId)) return view({ name: "not-allowed" });
  return view({ name: "project-page", page, project });
}

const titles = {
  "no-console": "The console is for administrators",
  "no-such-page": "No such page",
  "no-such-project": "No such project",
  "not-allowed": "You may not see this page",
  "no-project": "No project yet",
} as const;

function Title({ shown }: { shown: Shown }): ReactNode {
  const title = "page" in shown ? shown.page.title : titles[shown.name];
  useEffect(() => {
    document.title = `${title} · Signet console`;
  }, [title]);
  return <h1>{title}</h1>;
}

function Content({ shown }: { shown: Shown }): ReactNode {
  switch (shown.name) {
    case "project-page": {
      const { page, project } = shown;
      // Keyed: nothing of one project may stay on the screen of another.
      return <page.Content key={`${page.id} ${project.projectId}`} projectId={project.projectId} />;
    }
    case "platform-page":
      return <shown.page.Content />;
    case "no-console":
      return (
        <Nothing>
          <p>Your account answers visitors and no more. Whoever runs Signet for you can give it another role.</p>
          <DeskLink />
        </Nothing>
      );
    case "not-allowed":
      return (
        <Nothing>
          <p>Your role does not allow it. Whoever administrates the project can give you one that does.</p>
          <FrontDoor />
        </Nothing>
      );
    case "no-such-page":
      return (
        <Nothing>
          <p>The console has no page of this address.</p>
          <FrontDoor />
        </Nothing>
      );
    case "no-such-project":
      return (
        <Nothing>
          <p>There is no project of this address that your account may administrate.</p>
          <FrontDoor />
        </Nothing>
      );
    case "no-project":
      return (
        <Nothing>
          <p>
            The first one is made by an owner of the platform, or with <code>signet project create</code> on the server.
          </p>
        </Nothing>
      );
  }
}

function Nothing({ children }: { children: ReactNode }): ReactNode {
  return (
    <section className="console-nothing">
      <Seal />
      {children}
    </section>
  );
}

function DeskLink(): ReactNode {
  return (
    <a className="link" href="/desk" onClick={(event) => followTo(event, "/desk")}>
      Back to the desk
    </a>
  );
}

function FrontDoor(): ReactNode {
  return (
    <a className="link" href="/admin" onClick={(event) => followInConsole(event, { page: null, item: null, projectId: null })}>
      Go to the console’s first page
    </a>
  );
}

function ProjectChoice({ project, projects }: View): ReactNode {
  if (projects.length === 0) return null;
  if (projects.length === 1 && project !== null)
    return (
      <p className="console-project">
        <Icon name="project" />
        <span>{project.name}</span>
      </p>
    );
  return (
    <div className="console-project">
      <Icon name="project" />
      <select
        className="select"
        aria-label="Project"
        value={project?.projectId ?? ""}
        onChange={(event) => goInConsole({ projectId: event.target.value })}
      >
        {project === null && <option value="">Choose a project</option>}
        {projects.map((one) => (
          <option key={one.projectId} value={one.projectId}>
            {one.name}
          </option>
        ))}
      </select>
    </div>
  );
}
