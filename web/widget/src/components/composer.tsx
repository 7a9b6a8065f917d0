/** Where the visitor writes. Enter sends, Shift+Enter breaks the line. */
import { isLocked } from "@signet/client";
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Chat } from "../chat";
import type { ChatState } from "../state";
import { Icon } from "./icons";
import { useWords } from "./words";

/** PRODUCT.md section 13. */
const LONGEST = 10_000;
const WARN_FROM = 9_500;

/** Makes the field as high as its text. */
function fit(field: HTMLTextAreaElement): void {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}

export function Composer({ chat, state }: { chat: Chat; state: ChatState }): JSX.Element {
  const words = useWords();
  const field = useRef<HTMLTextAreaElement>(null);
  const locked = isLocked(state.session);
  const left = LONGEST - state.draft.length;

  useEffect(() => {
    if (!locked) field.current?.focus({ preventScroll: true });
  }, [locked]);
  useLayoutEffect(() => {
    // Not when it is new: the observer does, once the browser has laid the panel out anyway.
    if (field.current?.style.height) fit(field.current);
  }, [state.draft, locked]);
  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return undefined;
    // The frame is still small when the panel is first drawn: the lines break anew once it has its width.
    const observer = new ResizeObserver(() => fit(element));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const onKeyDown = (event: KeyboardEvent): void => {
    // While an input method is composing, Enter belongs to it.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    chat.send();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        chat.send();
        field.current?.focus();
      }}
    >
      <div class={locked ? "field locked" : "field"}>
        <textarea
          ref={field}
          class="input"
          rows={1}
          dir="auto"
          maxLength={LONGEST}
          aria-label={words.yourMessage}
          placeholder={locked ? words.lockedPlaceholder : words.write}
          value={locked ? "" : state.draft}
          disabled={locked}
          onInput={(event) => chat.setDraft(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <button type="submit" class="primary send" disabled={locked || state.draft.trim() === ""}>
          <Icon name="send" size={16} />
          {words.send}
        </button>
      </div>
      {state.draft.length > WARN_FROM && !locked && (
        <p class="left" role="status">
          {words.charactersLeft(left)}
        </p>
      )}
    </form>
  );
}
