import { type ReactNode, useEffect, useState } from "react";
import { followTo } from "../ui/address";
import { useDeskState } from "../ui/context";
import { Icon, Seal } from "../ui/icons";
import { ConsoleRail, pageNames } from "./console-rail";
import { Doctor } from "./doctor";
import { Failures } from "./failures";
import { useMayAdminister } from "./may-administer";
import { goInConsole, useConsolePlace } from "./place";

/** The administrators' pages, for whoever is signed in. */
export function ConsoleScreen({ onSignOut }: { onSignOut: () => Promise<boolean> }): ReactNode {
  const [notice, setNotice] = useState<string | null>(null);
  const mayAdminister = useMayAdminister();

  async function signOut(): Promise<void> {
    setNotice((await onSignOut()) ? null : "You are still signed in: Signet could not be reached to sign you out.");
  }

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
      <ConsoleRail mayAdminister={mayAdminister} onSignOut={() => void signOut()} />
      <main className="console-main">{mayAdminister ? <CurrentPage /> : <NotAllowed />}</main>
    </div>
  );
}

function CurrentPage(): ReactNode {
  const place = useConsolePlace();
  const projects = Object.values(useDeskState((state) => state.projects));
  const project = projects.find((one) => one.projectId === place.projectId) ?? projects[0];
  const title = pageNames[place.page];
  useEffect(() => {
    document.title = `${title} · Signet console`;
  }, [title]);

  if (project === undefined) {
    return (
      <section className="console-nothing">
        <Seal />
        <h1>No project yet</h1>
        <p>
          <code>signet project create</code> on the server makes one.
        </p>
      </section>
    );
  }
  return (
    <>
      <header className="console-header">
        <h1>{title}</h1>
        {projects.length === 1 ? (
          <p className="console-project">
            <Icon name="project" />
            <span>{project.name}</span>
          </p>
        ) : (
          <div className="console-project">
            <Icon name="project" />
            <select
              className="select"
              aria-label="Project"
              value={project.projectId}
              onChange={(event) => goInConsole({ projectId: event.target.value, correlationId: null, code: null, fineCode: null })}
            >
              {projects.map((one) => (
                <option key={one.projectId} value={one.projectId}>
                  {one.name}
                </option>
              ))}
            </select>
          </div>
        )}
      </header>
      {/* Keyed: nothing of one project may stay on the screen of another. */}
      {place.page === "doctor" ? (
        <Doctor key={project.projectId} projectId={project.projectId} />
      ) : (
        <Failures key={project.projectId} projectId={project.projectId} />
      )}
    </>
  );
}

function NotAllowed(): ReactNode {
  useEffect(() => {
    document.title = "Not for this account · Signet console";
  }, []);
  return (
    <section className="console-nothing">
      <Seal />
      <h1>The console is for administrators</h1>
      <p>
        Your account has no right to look into visitor tokens. Administrators have; whoever runs Signet for you makes one
        with <code>signet agent create</code>.
      </p>
      <a className="link" href="/desk" onClick={(event) => followTo(event, "/desk")}>
        Back to the desk
      </a>
    </section>
  );
}
