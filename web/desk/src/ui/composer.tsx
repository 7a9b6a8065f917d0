import { type KeyboardEvent, type ReactNode, useId } from "react";
import { Button, TextArea, TextField } from "react-aria-components";
import type { Conversation } from "../graphql/documents";
import { useDesk, useDeskState } from "./context";
import { Icon, PadlockIcon } from "./icons";
import { ConversationLink } from "./notice";

/** PRODUCT.md section 13. */
const LONGEST = 10_000;
/** From here on the agent sees how much room is left. */
const WARN_FROM = 9_000;

export function Composer({ conversation }: { conversation: Conversation }): ReactNode {
  if (conversation.state === "CLOSED") return <ClosedNote conversation={conversation} />;
  return (
    <div className="composer-pane">
      {conversation.identity.state === "NO_LONGER_VERIFIED" && (
        <p className="composer-caution">
          <PadlockIcon state="NO_LONGER_VERIFIED" />
          <span>It is not certain who reads this now. Share nothing personal until identity is confirmed again.</span>
        </p>
      )}
      <Box conversationId={conversation.id} />
    </div>
  );
}

function Box({ conversationId }: { conversationId: string }): ReactNode {
  const desk = useDesk();
  const hintId = useId();
  const text = useDeskState((state) => state.drafts[conversationId] ?? "");
  const length = Array.from(text).length;
  const canSend = text.trim() !== "" && length <= LONGEST;

  function send(): void {
    if (!canSend) return;
    desk.send(conversationId, text.trim());
    desk.changeDraft(conversationId, "");
  }

  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>): void {
    // While an input method is composing, Enter chooses a word.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  }

  return (
    <div className="composer">
      <TextField
        className="composer-field"
        aria-label="Reply"
        aria-describedby={hintId}
        value={text}
        isInvalid={length > LONGEST}
        onChange={(value) => desk.changeDraft(conversationId, value)}
      >
        <TextArea
          className="composer-text"
          data-composer
          placeholder="Write a reply…"
          rows={1}
          dir="auto"
          onKeyDown={onKeyDown}
        />
      </TextField>
      <div className="composer-foot">
        <p id={hintId} className="composer-hint">
          {length > WARN_FROM ? (
            <span data-over={length > LONGEST}>
              {length > LONGEST ? `${length - LONGEST} characters too long` : `${LONGEST - length} characters left`}
            </span>
          ) : (
            <span className="composer-keys">
              <kbd>Enter</kbd> sends<span aria-hidden="true"> · </span>
              <kbd>Shift</kbd> <kbd>Enter</kbd> new line
            </span>
          )}
        </p>
        <Button className="button" data-look="primary" isDisabled={!canSend} onPress={send}>
          Send
          <Icon name="send" />
        </Button>
      </div>
    </div>
  );
}

function ClosedNote({ conversation }: { conversation: Conversation }): ReactNode {
  const { continuedIn } = conversation;
  return (
    <p className="composer-closed">
      {continuedIn === null ? (
        "This conversation is closed."
      ) : (
        <>
          Continued in a verified conversation. <ConversationLink id={continuedIn.id}>Go there</ConversationLink>
        </>
      )}
    </p>
  );
}
