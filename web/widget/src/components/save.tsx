/** Gives the visitor what is shown as a file to keep. */
import { isLocked } from "@signet/client";
import type { JSX } from "preact";
import type { Messages } from "../messages";
import type { ChatState } from "../state";
import { layOut } from "../timeline";
import { transcriptName, transcriptOf } from "../transcript";
import { Icon } from "./icons";
import { useWords } from "./words";

/** How long the browser has to take the file over, milliseconds. */
const TAKING = 60_000;

export function Save({ state }: { state: ChatState }): JSX.Element | null {
  const words = useWords();
  const { thread, outbox } = state.connection;
  const covered = isLocked(state.session) || state.session.newcomer;
  if (covered || thread.length + outbox.length === 0) return null;
  return (
    <button type="button" class="tool" aria-label={words.saveConversation} onClick={() => save(state, words)}>
      <Icon name="save" size={16} />
      <span>{words.save}</span>
    </button>
  );
}

function save({ connection: { thread, outbox }, session: { session, project, setAside }, history }: ChatState, words: Messages): void {
  const verified = session?.assurance === "VERIFIED";
  const now = Date.now();
  const page = transcriptOf({
    items: layOut({ thread, outbox, verified, setAsideAt: setAside?.at ?? null }),
    brand: project?.name ?? null,
    verified,
    complete: history === "complete" || history === "unknown",
    rightToLeft: document.documentElement.dir === "rtl",
    words,
    now,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  });
  const href = URL.createObjectURL(new Blob([page], { type: "text/html;charset=utf-8" }));
  Object.assign(document.createElement("a"), { href, download: transcriptName(now) }).click();
  setTimeout(() => URL.revokeObjectURL(href), TAKING);
}
