/** An agent asks for a proof of identity: who asks, what will happen, and the visitor's choice. */
import { cleanName } from "@signet/kit";
import type { JSX } from "preact";
import type { Chat } from "../chat";
import type { Confirmation } from "../confirmation";
import type { ChatState } from "../state";
import { Padlock } from "./icons";
import { useWords } from "./words";

interface Props {
  chat: Chat;
  state: ChatState;
  confirmation: Confirmation;
}

export function ConfirmationRequest({ chat, state, confirmation }: Props): JSX.Element {
  const words = useWords();
  const { step } = confirmation;
  const agent = cleanName(confirmation.agent) ?? words.agent;
  return (
    <section class="request" aria-labelledby="request-title">
      <h2 id="request-title" class="request-title">
        <Padlock closed={false} size={16} />
        {words.confirmTitle(agent)}
      </h2>
      <p class="request-text">{words.confirmText(cleanName(state.session.project?.name) ?? "")}</p>
      <p role="status" class={step === "failed" ? "request-note failed" : "request-note"}>
        {step === "proving" ? words.verifying : step === "failed" ? words.lockedRefused : ""}
      </p>
      <div class="choices row">
        <button type="button" class="primary" aria-disabled={step === "proving"} onClick={() => void chat.confirmIdentity()}>
          {words.confirm}
        </button>
        <button type="button" class="secondary" onClick={() => chat.declineConfirmation()}>
          {words.notNow}
        </button>
      </div>
    </section>
  );
}
