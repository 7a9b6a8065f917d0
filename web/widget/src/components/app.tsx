/** Launcher or panel: whichever the chat's state says. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Chat } from "../chat";
import type { Messages } from "../messages";
import type { ChatState } from "../state";
import { Launcher } from "./launcher";
import { Panel } from "./panel";
import { Words } from "./words";

export function App({ chat, messages }: { chat: Chat; messages: Messages }): JSX.Element | null {
  const state = useChat(chat);
  const wasOpened = useRef(false);
  const returned = wasOpened.current && !state.opened;
  useEffect(() => {
    wasOpened.current = state.opened;
  }, [state.opened]);

  if (state.session.session === null) return null;
  return (
    <Words value={messages}>
      {state.opened ? <Panel chat={chat} state={state} /> : <Launcher chat={chat} state={state} takeFocus={returned} />}
    </Words>
  );
}

function useChat(chat: Chat): ChatState {
  const [state, setState] = useState(chat.state);
  useEffect(() => {
    setState(chat.state);
    return chat.subscribe(() => setState(chat.state));
  }, [chat]);
  return state;
}
