/** The button that opens the chat, with the number of messages waiting. */
import { unreadCount } from "@signet/client";
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Chat } from "../chat";
import type { ChatState } from "../state";
import { Icon } from "./icons";
import { useWords } from "./words";

export function Launcher({ chat, state, takeFocus }: { chat: Chat; state: ChatState; takeFocus: boolean }): JSX.Element {
  const words = useWords();
  const room = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const unread = unreadCount(state.connection.thread);

  useLayoutEffect(() => {
    const element = room.current;
    if (!element) return undefined;
    // The loader cannot see into this frame; it is told how much room the button takes.
    const observer = new ResizeObserver(() => chat.reportSize(element.offsetWidth, element.offsetHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, [chat]);
  useEffect(() => {
    if (takeFocus) button.current?.focus();
  }, []);

  return (
    <div class="launcher" ref={room}>
      <h1 class="unseen">{words.chat}</h1>
      <button
        ref={button}
        type="button"
        class="launcher-button"
        aria-label={words.openChat}
        aria-describedby="unread"
        // The browser ends a click's task with a layout: a panel drawn in it would be laid out in it too (90 ms at a quarter
        // of the speed, instead of twice 40).
        onClick={() => setTimeout(() => chat.open())}
      >
        <Icon name="chat" size={22} />
        <span>{words.openChat}</span>
      </button>
      {unread > 0 && (
        <span class="badge" aria-hidden="true">
          {unread > 99 ? "99+" : unread}
        </span>
      )}
      <span id="unread" role="status" class="unseen">
        {unread > 0 ? words.unread(unread) : ""}
      </span>
    </div>
  );
}
