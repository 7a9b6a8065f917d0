import type { ReactNode } from "react";
import { countsOf } from "../store/selectors";
import { type View, views } from "../store/state";
import { useMayEnterConsole } from "../console/rights";
import { followTo, useSurface } from "./address";
import { AgentMenu } from "./agent-menu";
import { useDeskState } from "./context";
import { Icon, type IconName, Seal } from "./icons";
import { follow, type Place, placeAddress, usePlace } from "./place";

export const viewNames: Readonly<Record<View, string>> = {
  waiting: "Waiting",
  mine: "Mine",
  all: "All",
  closed: "Closed",
};

interface RailProps {
  readonly onSignOut: () => void;
  readonly onHelp: () => void;
}

/** Which conversations to look at, with live counts; and what concerns the agent. */
export function Rail({ onSignOut, onHelp }: RailProps): ReactNode {
  const projects = useDeskState((state) => state.projects);
  const place = usePlace();
  const mayEnterConsole = useMayEnterConsole();
  const counts = countsOf(projects, place.projectId);
  return (
    <header className="rail">
      <p className="rail-brand">
        <Seal />
        <span>Signet</span>
      </p>
      <nav className="rail-views" aria-label="Views">
        <ul>
          {views.map((view) => (
            <li key={view}>
              <PlaceLink change={{ view }} current={place.view === view} icon={view}>
                <span className="rail-label">{viewNames[view]}</span>
                <span className="count" data-urgent={view === "waiting" && counts.waiting > 0}>
                  {counts[view] > 999 ? "999+" : counts[view]}
                </span>
              </PlaceLink>
            </li>
          ))}
        </ul>
      </nav>
      <Projects place={place} />
      <div className="rail-foot">
        <button type="button" className="rail-item" onClick={onHelp} aria-keyshortcuts="?">
          <Icon name="help" />
          <span className="rail-label">Shortcuts</span>
          <kbd>?</kbd>
        </button>
        {mayEnterConsole && (
          <a className="rail-item" href="/admin" onClick={(event) => followTo(event, "/admin")}>
            <Icon name="console" />
            <span className="rail-label">Console</span>
          </a>
        )}
        <AgentMenu onSignOut={onSignOut} />
      </div>
    </header>
  );
}

function Projects({ place }: { place: Place }): ReactNode {
  const projects = Object.values(useDeskState((state) => state.projects));
  const only = projects.length === 1 ? projects[0] : undefined;
  return (
    <nav className="rail-projects" aria-label="Projects">
      <h2 className="rail-heading">{only === undefined ? "Projects" : "Project"}</h2>
      {only !== undefined ? (
        <p className="rail-item" data-static="true">
          <Icon name="project" />
          <span className="rail-label">{only.name}</span>
        </p>
      ) : (
        <ul>
          <li>
            <PlaceLink change={{ projectId: null }} current={place.projectId === null} icon="all">
              <span className="rail-label">Every project</span>
            </PlaceLink>
          </li>
          {projects.map((project) => (
            <li key={project.projectId}>
              <PlaceLink
                change={{ projectId: project.projectId }}
                current={place.projectId === project.projectId}
                icon="project"
              >
                <span className="rail-label">{project.name}</span>
                <span className="count">{project.counts.ongoing}</span>
              </PlaceLink>
            </li>
          ))}
        </ul>
      )}
    </nav>
  );
}

interface PlaceLinkProps {
  readonly change: Partial<Place>;
  readonly current: boolean;
  readonly icon: IconName;
  readonly children: ReactNode;
}

function PlaceLink({ change, current, icon, children }: PlaceLinkProps): ReactNode {
  const place = usePlace();
  const isAtDesk = useSurface() === "desk";
  return (
    <a
      className="rail-item"
      href={placeAddress({ ...place, ...change })}
      aria-current={current && isAtDesk ? "page" : undefined}
      onClick={(event) => follow(event, change)}
    >
      <Icon name={icon} />
      {children}
    </a>
  );
}
