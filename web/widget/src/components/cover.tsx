/** What stands in the thread's place while identity must be proved again. Nothing of the thread is drawn. */
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Chat, ChatState } from "../chat";
import { Icon, Padlock } from "./icons";
import { useWords } from "./words";

export function Cover({ chat, state }: { chat: Chat; state: ChatState }): JSX.Element {
  const words = useWords();
  const retry = useRef<HTMLButtonElement>(null);
  const { verifying, refused } = state.session;
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
      <p role="status" class={refused && !verifying ? "cover-note failed" : "cover-note"}>
        {verifying ? words.verifying : refused ? words.lockedRefused : ""}
      </p>
    </div>
  );
}
