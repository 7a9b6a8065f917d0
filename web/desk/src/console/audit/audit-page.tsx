import { type ReactNode, useMemo } from "react";
import { Button } from "react-aria-components";
import { Seal } from "../../ui/icons";
import type { ProjectPage } from "../page";
import { Refusal, Waiting } from "../refusal";
import { AuditSearch } from "./audit-search";
import { EventRow } from "./event-row";
import { Evidence } from "./evidence";
import { filterOf, lookFor, nothing, useLookedFor } from "./looked-for";
import { useEvents } from "./use-events";

export const auditPage: ProjectPage = {
  of: "project",
  id: "audit",
  title: "Audit log",
  name: "Audit log",
  icon: "log",
  needs: "audit:read",
  Content: AuditLog,
};

/** Who did what, when and from where. */
function AuditLog({ projectId }: { projectId: string }): ReactNode {
  const lookedFor = useLookedFor();
  const filter = useMemo(() => filterOf(lookedFor), [lookedFor]);
  const isFiltered = Object.values(lookedFor).some((one) => one !== null);
  const { events, hasMore, refusal, busy, loadOlder, reload } = useEvents(projectId, filter);

  return (
    <div className="console-page" data-wide="true">
      <AuditSearch projectId={projectId} lookedFor={lookedFor} />
      <div className="feed-bar">
        <p className="feed-updated">{events !== null && countInWords(events.length, hasMore)}</p>
        {isFiltered && (
          <Button className="button" data-look="quiet" onPress={() => lookFor(nothing)}>
            Show all
          </Button>
        )}
        <Button className="button" data-look="secondary" data-busy={busy} onPress={reload}>
          {busy ? "Loading…" : "Refresh"}
        </Button>
      </div>
      <Refusal words={refusal} />
      {events === null ? (
        refusal === null && <Waiting />
      ) : events.length === 0 ? (
        <section className="console-nothing">
          <Seal />
          <h2>No such event</h2>
          <p>Nothing in this project’s log matches.</p>
          <button type="button" className="link" onClick={() => lookFor(nothing)}>
            Show all events
          </button>
        </section>
      ) : (
        <section aria-labelledby="events-title">
          <h2 id="events-title" className="visually-hidden">
            Events, newest first
          </h2>
          <ul className="failures events">
            {events.map((event) => (
              <EventRow key={event.sequence} event={event} />
            ))}
          </ul>
          {hasMore ? (
            <Button className="button feed-more" data-look="secondary" data-busy={busy} onPress={loadOlder}>
              {busy ? "Loading…" : "Older events"}
            </Button>
          ) : (
            <p className="hint feed-end">That is all.</p>
          )}
        </section>
      )}
      <Evidence projectId={projectId} />
    </div>
  );
}

function countInWords(count: number, hasMore: boolean): string {
  if (hasMore) return `The newest ${count} events`;
  return count === 1 ? "1 event" : `${count} events`;
}
