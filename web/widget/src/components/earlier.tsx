/** The way back: older messages load when the reader comes near the top, or on this button. */
import type { JSX } from "preact";
import type { Chat } from "../chat";
import type { ChatState } from "../state";
import { Icon } from "./icons";
import { useWords } from "./words";

export function Earlier({ chat, state }: { chat: Chat; state: ChatState }): JSX.Element | null {
  const words = useWords();
  if (state.history === "complete" || state.history === "unknown") return null;
  if (state.history === "loading") return <p class="hint">{words.loadingEarlier}</p>;
  const failed = state.history === "failed";
  return (
    <button type="button" class="earlier" onClick={() => void chat.loadEarlier()}>
      <Icon name={failed ? "retry" : "up"} size={14} />
      {failed ? words.earlierFailed : words.earlier}
    </button>
  );
}
