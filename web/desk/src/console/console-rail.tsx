import type { ReactNode } from "react";
import { Button, Dialog, DialogTrigger, Modal, ModalOverlay } from "react-aria-components";
import { countsOf } from "../store/selectors";
import { followTo } from "../ui/address";
import { AgentMenu } from "../ui/agent-menu";
import { useDeskState } from "../ui/context";
import { Icon, Seal } from "../ui/icons";
import { type Chapter } from "./pages";
import { consoleAddress, followInConsole, moved, useConsolePlace } from "./place";

interface NavigationProps {
  readonly chapters: readonly Chapter[];
  /** Id of the page that is shown. */
  readonly current: string | null;
  readonly projectId: string | null;
}

interface ConsoleRailProps extends NavigationProps {
  readonly onSignOut: () => void;
}

/** The console's pages, and the way back to the desk. */
export function ConsoleRail({ onSignOut, ...navigation }: ConsoleRailProps): ReactNode {
  return (
    <header className="rail">
      <p className="rail-brand">
        <Seal />
        <span>Signet</span>
      </p>
      <Navigation {...navigation} />
      <Foot onSignOut={onSignOut} />
    </header>
  );
}

/** The same behind a button, for screens without room for a rail. */
export function ConsoleMenu({ onSignOut, ...navigation }: ConsoleRailProps): ReactNode {
  return (
    <DialogTrigger>
      <Button className="button console-menu-button" data-look="quiet" data-shape="icon" aria-label="Pages">
        <Icon name="menu" />
      </Button>
      <ModalOverlay className="overlay console-menu-overlay" isDismissable>
        <Modal className="console-menu">
          <Dialog className="console-menu-dialog" aria-label="Pages">
            {({ close }) => (
              <>
                <p className="rail-brand">
                  <Seal />
                  <span>Signet</span>
                  <Button className="button" data-look="quiet" data-shape="icon" aria-label="Close pages" onPress={close}>
                    <Icon name="close" />
                  </Button>
                </p>
                <Navigation {...navigation} onFollow={close} />
                <Foot onSignOut={onSignOut} />
              </>
            )}
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}

function Navigation({ chapters, current, projectId, onFollow }: NavigationProps & { onFollow?: () => void }): ReactNode {
  const place = useConsolePlace();
  if (chapters.length === 0) return null;
  return (
    <nav className="rail-views console-pages" aria-label="Console">
      {chapters.map(({ name, pages }) => (
        <section key={name}>
          <h2 className="rail-heading">{name}</h2>
          <ul>
            {pages.map((page) => (
              <li key={page.id}>
                <a
                  className="rail-item"
                  href={consoleAddress(moved(place, { page: page.id, item: null }))}
                  aria-current={page.id === current ? "page" : undefined}
                  onClick={(event) => {
                    followInConsole(event, { page: page.id, item: null });
                    onFollow?.();
                  }}
                >
                  <Icon name={page.icon} />
                  <span className="rail-label">{page.name}</span>
                  {page.of === "project" && page.Mark !== undefined && projectId !== null && <page.Mark projectId={projectId} />}
                </a>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  );
}

function Foot({ onSignOut }: { onSignOut: () => void }): ReactNode {
  const waiting = useDeskState((state) => countsOf(state.projects, null).waiting);
  return (
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
  );
}
