import { type ReactNode, useEffect, useRef, useState } from "react";
import { Button, Dialog, DialogTrigger, Heading, Modal, ModalOverlay, ToggleButton } from "react-aria-components";
import { formatMoment, formatShortAge } from "@signet/kit";
import type { Conversation } from "../graphql/documents";
import { visitorName } from "../store/selectors";
import { Avatar } from "./avatar";
import { useNow } from "./clock";
import { useDesk } from "./context";
import { Icon } from "./icons";
import { Padlock } from "./padlock";
import { go } from "./place";

/** The same figure stands in frame.css. */
const ONE_PANE = "(max-width: 699px)";

interface ThreadHeaderProps {
  readonly conversation: Conversation;
  readonly profileShown: boolean;
  readonly onToggleProfile: () => void;
}

export function ThreadHeader({ conversation, profileShown, onToggleProfile }: ThreadHeaderProps): ReactNode {
  const { visitor, identity } = conversation;
  const name = visitorName(visitor);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // Where there is one pane, the row that was followed is no longer shown: the keyboard comes along.
    if (matchMedia(ONE_PANE).matches) heading.current?.focus();
  }, []);
  return (
    <header className="thread-header">
      <Button
        className="button thread-back"
        data-look="quiet"
        data-shape="icon"
        aria-label="Back to the list"
        onPress={() => go({ conversationId: null })}
      >
        <Icon name="back" />
      </Button>
      <Avatar id={visitor.visitorId} name={name} anonymous={visitor.firstName == null && visitor.lastName == null} />
      <div className="thread-who">
        <h2 ref={heading} tabIndex={-1}>
          <bdi>{name}</bdi>
        </h2>
        <div className="thread-facts">
          <Padlock identity={identity} />
          <State conversation={conversation} />
        </div>
      </div>
      <div className="thread-actions">
        {conversation.state === "ONGOING" && <AskForIdentity conversation={conversation} />}
        {conversation.state === "ONGOING" && <CloseConversation conversationId={conversation.id} name={name} />}
        <ToggleButton
          className="button"
          data-look="quiet"
          data-shape="icon"
          aria-label="Visitor details"
          isSelected={profileShown}
          onChange={onToggleProfile}
        >
          <Icon name="details" />
        </ToggleButton>
      </div>
    </header>
  );
}

function State({ conversation }: { conversation: Conversation }): ReactNode {
  const now = useNow();
  if (conversation.state === "CLOSED")
    return (
      <span className="state" data-state="closed">
        Closed{conversation.closedAt !== null && ` ${formatMoment(conversation.closedAt, now)}`}
      </span>
    );
  if (conversation.waiting && conversation.waitingSince !== null)
    return (
      <span className="state" data-state="waiting">
        Waiting {formatShortAge(conversation.waitingSince, now)}
      </span>
    );
  if (conversation.bot !== null) return <span className="state">Answered by a bot</span>;
  return null;
}

/** Asks the visitor to prove anew who they are; while they are asked, says so. By whom, the thread says. */
function AskForIdentity({ conversation }: { conversation: Conversation }): ReactNode {
  const desk = useDesk();
  const [refusal, setRefusal] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const { id, identityRequest } = conversation;

  async function ask(): Promise<void> {
    if (busy) return;
    setBusy(true);
    setRefusal(await desk.askForIdentity(id));
    setBusy(false);
  }

  return (
    <>
      <p role="status" className="thread-asked" data-refused={refusal !== null}>
        {refusal ?? (identityRequest !== null && "Identity asked…")}
      </p>
      {identityRequest === null && (
        <Button className="button thread-close" data-look="secondary" data-busy={busy} onPress={() => void ask()}>
          Confirm<span> identity</span>
        </Button>
      )}
    </>
  );
}

function CloseConversation({ conversationId, name }: { conversationId: string; name: string }): ReactNode {
  const desk = useDesk();
  const [refusal, setRefusal] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function close(done: () => void): Promise<void> {
    if (busy) return;
    setBusy(true);
    const why = await desk.close(conversationId);
    setBusy(false);
    setRefusal(why);
    if (why === null) done();
  }

  return (
    <DialogTrigger onOpenChange={() => setRefusal(null)}>
      <Button className="button thread-close" data-look="secondary">
        Close<span> conversation</span>
      </Button>
      <ModalOverlay className="overlay" isDismissable>
        <Modal className="modal" data-size="small">
          <Dialog className="dialog" role="alertdialog">
            {({ close: dismiss }) => (
              <>
                <Heading slot="title">Close this conversation?</Heading>
                <p>
                  <bdi>{name}</bdi> will see that it has ended. It stays readable under Closed, and a new message starts
                  a new conversation.
                </p>
                <div role="alert">{refusal !== null && <p className="dialog-refusal">{refusal}</p>}</div>
                <div className="dialog-actions">
                  <Button className="button" data-look="secondary" onPress={dismiss} autoFocus>
                    Keep it open
                  </Button>
                  <Button className="button" data-look="primary" data-busy={busy} onPress={() => void close(dismiss)}>
                    Close conversation
                  </Button>
                </div>
              </>
            )}
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}
