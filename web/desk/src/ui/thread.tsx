import { type ReactNode, useEffect, useState } from "react";
import type { Conversation } from "../graphql/documents";
import { visitorName } from "../store/selectors";
import { Composer } from "./composer";
import { useDesk, useDeskState } from "./context";
import { Icon, Seal } from "./icons";
import { Log } from "./log";
import { go } from "./place";
import { ThreadHeader } from "./thread-header";

interface ThreadProps {
  readonly conversationId: string;
  readonly profileShown: boolean;
  readonly onToggleProfile: () => void;
}

/** The open conversation. */
export function Thread({ conversationId, profileShown, onToggleProfile }: ThreadProps): ReactNode {
  const held = useDeskState((state) => state.conversations[conversationId]);
  const thread = useDeskState((state) => state.threads[conversationId]);
  const isMissing = useDeskState((state) => state.missing[conversationId] === true);
  useMarkRead(held?.conversation, thread !== undefined);

  if (held === undefined || thread === undefined) {
    if (isMissing) return <Missing />;
    return (
      <section className="thread">
        {held === undefined ? (
          <div className="thread-header skeleton" aria-hidden="true" />
        ) : (
          <ThreadHeader
            conversation={held.conversation}
            profileShown={profileShown}
            onToggleProfile={onToggleProfile}
          />
        )}
        <div className="thread-loading skeleton" aria-hidden="true">
          <i />
          <i />
          <i />
          <i />
        </div>
        <p className="visually-hidden" role="status">
          Loading the conversation
        </p>
      </section>
    );
  }
  const { conversation } = held;
  return (
    <section className="thread" aria-label={`Conversation with ${visitorName(conversation.visitor)}`}>
      <ThreadHeader conversation={conversation} profileShown={profileShown} onToggleProfile={onToggleProfile} />
      <Log conversation={conversation} thread={thread} />
      <Composer conversation={conversation} />
    </section>
  );
}

/** What the agent can see of the conversation counts as read; what arrives in a hidden tab does not. */
function useMarkRead(conversation: Conversation | undefined, isLoaded: boolean): void {
  const desk = useDesk();
  const [isVisible, setIsVisible] = useState(() => document.visibilityState === "visible");
  useEffect(() => {
    const look = () => setIsVisible(document.visibilityState === "visible");
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
  const id = conversation?.id;
  const sequence = conversation?.lastSequence ?? 0;
  useEffect(() => {
    if (isVisible && isLoaded && id !== undefined) desk.markRead(id, sequence);
  }, [desk, id, isLoaded, isVisible, sequence]);
}

function Missing(): ReactNode {
  return (
    <section className="nothing-open">
      <Seal />
      <h2>No such conversation</h2>
      <p>It does not exist, or belongs to a project that is not yours.</p>
      <button type="button" className="link" onClick={() => go({ conversationId: null })}>
        <Icon name="back" /> Back to the list
      </button>
    </section>
  );
}
