/** What is kept for some time, in words. */
import type { Settings } from "./documents";

export type Retained = keyof Settings["retention"];

export const retained: readonly { readonly field: Retained; readonly name: string; readonly does: string }[] = [
  {
    field: "conversationsAnonymizedAfterDays",
    name: "Anonymise conversations",
    does: "Days after it was closed, a conversation loses its messages and everything that names its visitor.",
  },
  {
    field: "conversationsDeletedAfterDays",
    name: "Delete conversations",
    does: "Days after it was closed, nothing of it is left.",
  },
  {
    field: "visitorsAnonymizedAfterDays",
    name: "Anonymise visitors",
    does: "Days after they were last seen, unless a conversation of theirs is ongoing.",
  },
  { field: "transactionsDeletedAfterDays", name: "Delete sales", does: "Days after they were reported." },
  { field: "failuresDeletedAfterDays", name: "Delete authentication failures", does: "Days after the refusal." },
  {
    field: "eventsDeletedAfterDays",
    name: "Delete events",
    does: "Days, 7 at least: desks resume from them after a break.",
  },
];
