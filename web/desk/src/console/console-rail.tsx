import type { ReactNode } from "react";
import { countsOf } from "../store/selectors";
import { followTo } from "../ui/address";
import { AgentMenu } from "../ui/agent-menu";
import { useDeskState } from "../ui/context";
import { Icon, Seal } from "../ui/icons";
import { consoleAddress, followInConsole, type Page, pages, useConsolePlace } from "./place";

export const pageNames: Readonly<Record<Page, string>> = {
  doctor: "Token Doctor",
  failures: "Authentication failures",
};

/** For rails that have room for a word. */
const shortPageNames: Readonly<Record<Page, string>> = { doctor: "Token Doctor", failures: "Failures" };

interface ConsoleRailProps {
  readonly mayAdminister: boolean;
  readonly onSignOut: () => void;
}

/** The console's pages, and the way back to the desk. */
export function ConsoleRail({ mayAdminister, onSignOut }: ConsoleRailProps): ReactNode {
  const place = useConsolePlace();
  const waiting = useDeskState((state) => countsOf(state.projects, null).waiting);
  return (
    <header className="rail">
      <p className="rail-brand">
        <Seal />
        <span>Signet</span>
      </p>
      {mayAdminister && (
        <nav className="rail-views" aria-label="Console">
          <ul>
            {pages.map((page) => (
              <li key={page}>
                <a
                  className="rail-item"
                  href={consoleAddress({ ...place, page })}
                  aria-current={place.page === page ? "page" : undefined}
                  onClick={(event) => followInConsole(event, { page })}
                >
                  <Icon name={page} />
                  <span className="rail-label">{shortPageNames[page]}</span>
                </a>
              </li>
            ))}
          </ul>
        </nav>
      )}
      <div className="rail-foot">
        <a className="rail-item" href="/desk" onClick={(event) => followTo(event, "/desk")}>
          <Icon name="all" />
          <span className="rail-label">Desk</span>
          {waiting > 0 && (
            <span className="count" data-urgent="true">
              {waiting > 999 ? "999+" : waiting}
              <span className="visually-hidden"> waiting</span>
            </span>
          )}
        </a>
        <AgentMenu onSignOut={onSignOut} />
      </div>
    </header>
  );
}
