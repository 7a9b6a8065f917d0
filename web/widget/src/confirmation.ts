/**
 * An agent's request to confirm identity, and its answer.
 *
 * ```text
 *  none ──asked──► asked ──agreed──► proving ──proved──► none
 *                    │                  └──failed──► failed ──agreed──► proving
 *                    └──declined, answered or out of time──► none
 * ```
 *
 * The server alone says whether there is a request and whether it is answered: this only adds what the visitor is doing.
 */
import type { Conversation, IdentityRequest } from "@signet/protocol";

/** What the panel says of a request. */
export interface Confirmation {
  /** Names the request: it may be asked again. */
  readonly key: string;
  readonly conversationId: string;
  readonly agent: string;
  readonly step: "asked" | "proving" | "failed";
}

/** The request of a conversation, as it stands after `before`; `null` when there is none or it was declined. */
export function confirmationOf(
  conversation: Conversation | null | undefined,
  before: Confirmation | null,
  declined: string | null,
): Confirmation | null {
  const request: IdentityRequest | null = conversation?.identityRequest ?? null;
  if (!conversation || !request) return null;
  const key = `${conversation.id} ${request.requestedAt}`;
  if (key === declined) return null;
  return { key, conversationId: conversation.id, agent: request.agent.name, step: before?.key === key ? before.step : "asked" };
}
