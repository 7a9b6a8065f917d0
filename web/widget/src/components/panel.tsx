/** The open chat: a dialog that leaves the page usable. */
import { cleanName, initials, maskName } from "@signet/kit";
import { isLocked } from "@signet/client";
import type { JSX } from "preact";
import type { Chat } from "../chat";
import type { ChatState } from "../state";
import { Composer } from "./composer";
import { ConfirmationRequest } from "./confirmation-request";
import { Cover, Newcomer } from "./cover";
import { Icon, Padlock } from "./icons";
import { Save } from "./save";
import { ThreadView } from "./thread";
import { useWords } from "./words";

export function Panel({ chat, state }: { chat: Chat; state: ChatState }): JSX.Element {
  const words = useWords();
  const close = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || event.isComposing) return;
    event.stopPropagation();
    chat.close();
  };
  return (
    <section class={state.sheet ? "panel sheet" : "panel"} role="dialog" aria-label={words.chat} onKeyDown={close}>
      <Header chat={chat} state={state} />
      <Identity state={state} />
      <Body chat={chat} state={state} />
    </section>
  );
}

function Body({ chat, state }: { chat: Chat; state: ChatState }): JSX.Element {
  if (state.session.newcomer && !isLocked(state.session)) return <Newcomer chat={chat} state={state} />;
  return (
    <>
      {isLocked(state.session) ? <Cover chat={chat} state={state} /> : <ThreadView chat={chat} state={state} />}
      <Banner state={state} />
      {state.confirmation && !isLocked(state.session) && (
        <ConfirmationRequest chat={chat} state={state} confirmation={state.confirmation} />
      )}
      <Composer chat={chat} state={state} />
    </>
  );
}

/** Says whose chat this is. */
function Header({ chat, state }: { chat: Chat; state: ChatState }): JSX.Element {
  const words = useWords();
  const brand = cleanName(state.session.project?.name) ?? words.chat;
  return (
    <header class="header">
      <span class="brand" aria-hidden="true">
        {initials(brand)}
      </span>
      <h1 class="title" dir="auto">
        {brand}
      </h1>
      <Save state={state} />
      <button type="button" class="tool" aria-label={words.closeChat} onClick={() => chat.close()}>
        <Icon name="close" size={16} />
        <span>{words.close}</span>
      </button>
    </header>
  );
}

/**
 * Says as whom the visitor writes, enough to notice that it is somebody else. The name comes from the verified token, never from anything typed, and is stripped of
 * glyphs that could pass for the padlock.
 */
function Identity({ state }: { state: ChatState }): JSX.Element | null {
  const words = useWords();
  const { session } = state.session;
  if (session?.assurance !== "VERIFIED" || isLocked(state.session)) return null;
  const name = maskName(session.displayName);
  return (
    <p class="identity">
      <span class="chip">
        <Padlock closed />
        {words.signedIn}
      </span>
      {name !== null && <span class="as">{words.chattingAs(name)}</span>}
    </p>
  );
}

/** What keeps messages from going out just now. */
function Banner({ state }: { state: ChatState }): JSX.Element {
  const words = useWords();
  const { phase } = state.connection;
  const offline = !state.networkUp;
  const away = phase === "waiting" || (phase === "connecting" && state.connection.welcomed);
  return (
    <div role="status" class="status">
      {offline ? (
        <p class="banner">
          <Icon name="offline" size={16} />
          {words.offline}
        </p>
      ) : (
        away && !isLocked(state.session) && <p class="banner quiet">{words.connecting}</p>
      )}
    </div>
  );
}
