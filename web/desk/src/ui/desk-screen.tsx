import { type ReactNode, useEffect, useState } from "react";
import { countsOf, visitorName } from "../store/selectors";
import { useDesk, useDeskState } from "./context";
import { ConversationList } from "./conversation-list";
import { Help } from "./help";
import { Icon, Seal } from "./icons";
import { usePlace } from "./place";
import { Profile } from "./profile";
import { Rail } from "./rail";
import { useShortcuts } from "./shortcuts";
import { Thread } from "./thread";

/** Below this width the profile lies over the thread instead of beside it; the same figure stands in frame.css. */
const PROFILE_BESIDE = "(min-width: 1200px)";

/** The desk of an agent who is signed in: views, conversations, the open thread, its visitor. */
export function DeskScreen({ onSignOut }: { onSignOut: () => Promise<boolean> }): ReactNode {
  const place = usePlace();
  const [helpShown, setHelpShown] = useState(false);
  const [profileShown, setProfileShown] = useState(() => matchMedia(PROFILE_BESIDE).matches);
  const [notice, setNotice] = useState<string | null>(null);
  useOpenPlace();
  useTitle();
  useShortcuts({ onHelp: () => setHelpShown(true) });

  async function signOut(): Promise<void> {
    setNotice((await onSignOut()) ? null : "You are still signed in: Signet could not be reached to sign you out.");
  }

  const { conversationId } = place;
  return (
    <div className="frame" data-open={conversationId !== null} data-profile={conversationId !== null && profileShown}>
      <Banners notice={notice} />
      <Rail onSignOut={() => void signOut()} onHelp={() => setHelpShown(true)} />
      <main className="panes">
        <h1 className="visually-hidden">Signet desk</h1>
        <ConversationList />
        {conversationId === null ? (
          <NothingOpen onHelp={() => setHelpShown(true)} />
        ) : (
          <Thread
            key={conversationId}
            conversationId={conversationId}
            profileShown={profileShown}
            onToggleProfile={() => setProfileShown((shown) => !shown)}
          />
        )}
      </main>
      {conversationId !== null && profileShown && (
        <Profile conversationId={conversationId} onHide={() => setProfileShown(false)} />
      )}
      <Help isOpen={helpShown} onOpenChange={setHelpShown} />
    </div>
  );
}

/** Fetches what the address asks for. */
function useOpenPlace(): void {
  const desk = useDesk();
  const { conversationId, view } = usePlace();
  useEffect(() => desk.showView(view), [desk, view]);
  useEffect(() => {
    if (conversationId !== null) void desk.openConversation(conversationId);
    return () => desk.leaveConversation();
  }, [desk, conversationId]);
}

function useTitle(): void {
  const { conversationId } = usePlace();
  const waiting = useDeskState((state) => countsOf(state.projects, null).waiting);
  const held = useDeskState((state) => (conversationId === null ? undefined : state.conversations[conversationId]));
  const name = held === undefined ? "Signet desk" : `${visitorName(held.conversation.visitor)} · Signet desk`;
  useEffect(() => {
    document.title = waiting > 0 ? `(${waiting}) ${name}` : name;
  }, [waiting, name]);
}

function Banners({ notice }: { notice: string | null }): ReactNode {
  const connection = useDeskState((state) => state.connection);
  return (
    <div className="banners" role="status">
      {connection === "lost" && (
        <p className="banner" data-look="warning">
          <Icon name="lost" />
          <span>
            <strong>Connection lost.</strong> Reconnecting. What you send waits here and nothing is missed.
          </span>
        </p>
      )}
      {notice !== null && (
        <p className="banner" data-look="danger">
          <Icon name="warning" />
          <span>{notice}</span>
        </p>
      )}
    </div>
  );
}

function NothingOpen({ onHelp }: { onHelp: () => void }): ReactNode {
  const waiting = useDeskState((state) => countsOf(state.projects, null).waiting);
  const open = useDeskState((state) => countsOf(state.projects, null).all);
  return (
    <section className="nothing-open">
      <Seal />
      <h2>
        {waiting === 0
          ? "Nobody is waiting"
          : waiting === 1
            ? "One visitor is waiting"
            : `${waiting} visitors are waiting`}
      </h2>
      {open === 0 ? (
        <p>When a visitor writes, the conversation appears in the list.</p>
      ) : (
        <p>
          Choose a conversation to read it. <kbd>J</kbd> and <kbd>K</kbd> move through the list, <kbd>Enter</kbd> opens.
        </p>
      )}
      <button type="button" className="link" onClick={onHelp}>
        All shortcuts
      </button>
    </section>
  );
}
