/** What stands in the thread's place while it is not sure who is there. Nothing of the thread is drawn. */
import { maskName } from "@signet/kit";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Chat } from "../chat";
import type { ChatState } from "../state";
import { Icon, Padlock } from "./icons";
import { useWords } from "./words";

/** Identity must be proved again. */
export function Cover({ chat, state }: { chat: Chat; state: ChatState }): JSX.Element {
  const words = useWords();
  const retry = useRef<HTMLButtonElement>(null);
  const { phase } = state.session;
  const verifying = phase === "proving";
  useEffect(() => retry.current?.focus(), []);
  return (
    <div class="cover">
      <span class="cover-mark">
        <Padlock closed={false} size={28} />
      </span>
      <h2 class="cover-title">{words.lockedTitle}</h2>
      <p class="cover-text">{words.lockedText}</p>
      <button ref={retry} type="button" class="primary" aria-disabled={verifying} onClick={() => chat.unlock()}>
        <Icon name="retry" size={16} />
        {words.retry}
      </button>
      <p role="status" class={phase === "refused" ? "cover-note failed" : "cover-note"}>
        {verifying ? words.verifying : phase === "refused" ? words.lockedRefused : ""}
      </p>
    </div>
  );
}

/** Somebody else has taken the place of the person who was here: they say so themselves before anything is shown or written. */
export function Newcomer({ chat, state }: { chat: Chat; state: ChatState }): JSX.Element {
  const words = useWords();
  const confirm = useRef<HTMLButtonElement>(null);
  useEffect(() => confirm.current?.focus(), []);
  const name = maskName(state.session.session?.displayName);
  return (
    <div class="cover">
      <span class="cover-mark asking">
        <Icon name="person" size={28} />
      </span>
      <h2 class="cover-title">{words.newcomerTitle}</h2>
      <p class="cover-text">{words.newcomerText(name)}</p>
      <div class="choices">
        <button ref={confirm} type="button" class="primary" onClick={() => chat.welcome()}>
          {words.continueAs(name)}
        </button>
        <button type="button" class="secondary" onClick={() => chat.disown()}>
          {words.notMe}
        </button>
      </div>
    </div>
  );
}
