import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { AccountScreen } from "../account/account-screen";
import { ConsoleScreen } from "../console/console-screen";
import { AdministrationContext } from "../console/context";
import { useKeptDrafts } from "../console/settings/drafts";
import { Administration } from "../engine/administration";
import { Desk } from "../engine/desk";
import { signOut } from "../engine/session";
import { type Api, createApi } from "../graphql/client";
import { startDocument } from "../graphql/documents";
import { useSurface } from "./address";
import { DeskContext } from "./context";
import { DeskScreen } from "./desk-screen";
import { Seal } from "./icons";
import { SignIn } from "./sign-in";
import { invitationToken, Welcome } from "./welcome";

const SOCKET = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/graphql`;

/** What a person does here. */
interface Work {
  readonly desk: Desk;
  readonly administration: Administration;
}

type Phase =
  | { readonly name: "starting" }
  | { readonly name: "unreachable" }
  | { readonly name: "signed-out"; readonly because: "not-signed-in" | "session-ended" | "no-agent" }
  | ({ readonly name: "signed-in" } & Work);

export function App(): ReactNode {
  const [invitation, setInvitation] = useState(() => invitationToken(location));
  if (invitation === null) return <Session />;
  const done = (): Promise<void> => {
    // The link is used up, and its secret has no place in the history.
    history.replaceState(null, "", "/desk");
    setInvitation(null);
    return Promise.resolve();
  };
  return <Welcome token={invitation} onDone={done} />;
}

function Session(): ReactNode {
  const { phase, start, leave } = useSession();
  switch (phase.name) {
    case "starting":
      return <Splash words="Opening Signet" />;
    case "unreachable":
      return <Splash words="Signet cannot be reached. Trying again" />;
    case "signed-out":
      return <SignIn because={phase.because} onSignedIn={start} />;
    case "signed-in":
      return (
        <DeskContext value={phase.desk}>
          <AdministrationContext value={phase.administration}>
            <Surface onSignOut={leave} />
          </AdministrationContext>
        </DeskContext>
      );
  }
}

/** Desk, console or one's own account. The desk goes on behind the others: drafts stay, and who waits is counted. */
function Surface({ onSignOut }: { onSignOut: () => Promise<boolean> }): ReactNode {
  useKeptDrafts();
  switch (useSurface()) {
    case "console":
      return <ConsoleScreen onSignOut={onSignOut} />;
    case "account":
      return <AccountScreen onSignOut={onSignOut} />;
    case "desk":
      return <DeskScreen onSignOut={onSignOut} />;
  }
}

/** Who is signed in, and the desk that is theirs. */
function useSession(): { phase: Phase; start: () => Promise<void>; leave: () => Promise<boolean> } {
  const [phase, setPhase] = useState<Phase>({ name: "starting" });
  const [api] = useState<Api>(() => createApi("/graphql"));
  // Outlives the end of a session, so that the same agent finds drafts and unsent messages again.
  const kept = useRef<Work>(undefined);

  const start = useCallback(async () => {
    const answer = await api.query(startDocument, {});
    if ("failure" in answer) {
      const isOut = answer.failure.kind === "unauthenticated";
      setPhase(isOut ? { name: "signed-out", because: "not-signed-in" } : { name: "unreachable" });
      return;
    }
    const { viewer } = answer.data;
    if (viewer.kind !== "AGENT") return setPhase({ name: "signed-out", because: "no-agent" });
    const onUnauthenticated = () => {
      kept.current?.desk.stop();
      setPhase({ name: "signed-out", because: "session-ended" });
    };
    if (kept.current?.desk.store.get().viewer.id !== viewer.id) {
      const desk = new Desk({ api, viewer, socketUrl: SOCKET, onUnauthenticated });
      kept.current = { desk, administration: new Administration({ api, onUnauthenticated }) };
    }
    kept.current.desk.stop();
    kept.current.desk.start(answer.data);
    setPhase({ name: "signed-in", ...kept.current });
  }, [api]);

  const leave = useCallback(async () => {
    if (!(await signOut())) return false;
    kept.current?.desk.stop();
    kept.current = undefined;
    setPhase({ name: "signed-out", because: "not-signed-in" });
    return true;
  }, []);

  useEffect(() => void start(), [start]);
  useEffect(() => {
    if (phase.name !== "unreachable") return;
    const timer = setTimeout(() => void start(), 3_000);
    return () => clearTimeout(timer);
  }, [phase, start]);

  return { phase, start, leave };
}

function Splash({ words }: { words: string }): ReactNode {
  return (
    <main className="splash">
      <h1 className="visually-hidden">Signet</h1>
      <Seal />
      <p role="status">{words}…</p>
    </main>
  );
}
