/**
 * The offer to add what a visitor wrote before they signed in.
 *
 * The server alone says what is offered, and remembers the answer; this only adds what the visitor is doing. Copies that arrive because another
 * tab or device asked for them answer the offer here as well.
 */
import type { SessionState, Thread } from "@signet/client";

/** What the thread says of the offer. */
export interface EarlierOffer {
  readonly conversationId: string;
  readonly step: "offered" | "adding" | "added" | "failed" | "declined";
}

/** What is offered now, as it stands after `before`; `null` when nothing is. */
export function offerOf(setAside: SessionState["setAside"], before: EarlierOffer | null, thread: Thread): EarlierOffer | null {
  if (setAside === null) return null;
  const { conversationId } = setAside;
  const offer = before?.conversationId === conversationId ? before : { conversationId, step: "offered" as const };
  if (offer.step === "added") return offer;
  const copied = thread.some(({ entries }) => entries.some((entry) => entry.copiedFrom?.conversationId === conversationId));
  return copied ? { conversationId, step: "added" } : offer;
}
