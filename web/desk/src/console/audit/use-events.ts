import { useEffect, useEffectEvent, useMemo, useRef, useState } from "react";
import { Audit } from "../../engine/audit";
import type { AuditEvent, AuditFilter } from "../../graphql/audit-documents";
import { useAdministration } from "../context";

export function useAudit(projectId: string): Audit {
  const administration = useAdministration();
  return useMemo(() => new Audit(administration, projectId), [administration, projectId]);
}

export interface EventList {
  /** `null` until the first answer. */
  readonly events: readonly AuditEvent[] | null;
  readonly hasMore: boolean;
  readonly refusal: string | null;
  readonly busy: boolean;
}

const nothing: EventList & { endCursor: string | null } = {
  events: null,
  hasMore: false,
  refusal: null,
  busy: false,
  endCursor: null,
};

/** The events that match, newest first, page after page. Nothing is added in between: what is read stays where it is. */
export function useEvents(projectId: string, filter: AuditFilter): EventList & { readonly loadOlder: () => void; readonly reload: () => void } {
  const audit = useAudit(projectId);
  const key = JSON.stringify([projectId, filter]);
  const [held, setHeld] = useState({ key, list: nothing });
  const turn = useRef(0);
  const list = held.key === key ? held.list : nothing;

  function ask(after: string | null): void {
    const mine = ++turn.current;
    const before = after === null ? [] : (list.events ?? []);
    setHeld({ key, list: { ...list, busy: true } });
    void audit.events(filter, after).then((told) => {
      // Another question was asked meanwhile: its answer is the one to show.
      if (turn.current !== mine) return;
      if ("refusal" in told) return setHeld({ key, list: { ...list, busy: false, refusal: told.refusal } });
      const { nodes, pageInfo } = told.data;
      const events = [...before, ...nodes];
      setHeld({ key, list: { events, hasMore: pageInfo.hasNextPage, endCursor: pageInfo.endCursor, refusal: null, busy: false } });
    });
  }

  const begin = useEffectEvent(() => ask(null));
  useEffect(() => begin(), [key]);

  return { ...list, loadOlder: () => ask(list.endCursor), reload: () => ask(null) };
}
