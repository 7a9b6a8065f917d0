/** What was written before signing in stands elsewhere; adding it here is the visitor's choice, and not made for them. */
import type { JSX } from "preact";
import type { Chat } from "../chat";
import type { EarlierOffer } from "../offer";
import { useWords } from "./words";

export function SetAside({ chat, step }: { chat: Chat; step: EarlierOffer["step"] }): JSX.Element | null {
  const words = useWords();
  // The notice that comes with the messages says it from now on.
  if (step === "added") return null;
  if (step === "declined") return <p class="notice">{words.keptSeparately}</p>;
  return (
    <div class="card">
      <p class="card-title">{words.keptSeparately}</p>
      <p class="card-text">{words.addEarlierText}</p>
      <p role="status" class={step === "failed" ? "request-note failed" : "request-note"}>
        {step === "adding" ? words.addingEarlier : step === "failed" ? words.addEarlierFailed : ""}
      </p>
      <div class="choices row">
        <button type="button" class="secondary" onClick={() => chat.keepApart()}>
          {words.keepApart}
        </button>
        <button type="button" class="secondary" aria-disabled={step === "adding"} onClick={() => void chat.addEarlierMessages()}>
          {words.addEarlier}
        </button>
      </div>
    </div>
  );
}
