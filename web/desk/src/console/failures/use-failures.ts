import { useEffect, useRef, useState } from "react";
import type { FailureFilter, Told } from "../../engine/administration";
import type { FailureCount } from "../../graphql/console-documents";
import { useAdministration } from "../context";
import { type Feed, newSince, withNewest, withOlder } from "./feed";
import { usePolling } from "../polling";
import { intervalOf, type Span, spans } from "./spans";

export interface FailureList {
  /** `null` until the first answer. */
  readonly feed: Feed | null;
  readonly refusal: string | null;
  /** When the list was last fetched, milliseconds since the epoch. */
  readonly updatedAt: number | null;
  /** How many came with the last refresh. */
  readonly arrived: number;
  readonly busy: boolean;
}

const nothing: FailureList = { feed: null, refusal: null, updatedAt: null, arrived: 0, busy: false };

/** The failures that match, kept current. */
export function useFailures(
  projectId: string,
  filter: FailureFilter,
  isLive: boolean,
): FailureList & { readonly loadOlder: () => void } {
  const administration = useAdministration();
  const key = JSON.stringify([projectId, filter]);
  const [held, setHeld] = useState({ key, list: nothing });
  const latest = useLatest(key);
  const { list } = held.key === key ? held : { list: nothing };

  /** Changes the list, unless another one was asked for meanwhile. */
  function update(change: (list: FailureList) => FailureList): void {
    if (latest.current !== key) return;
    setHeld((held) => ({ key, list: change(held.key === key ? held.list : nothing) }));
  }

  usePolling(key, isLive, () => {
    void administration.failures(projectId, filter, null).then((told) =>
      update((list) => {
        if ("refusal" in told) return { ...list, refusal: told.refusal };
        const feed = withNewest(list.feed, told.data);
        return { ...list, feed, refusal: null, updatedAt: Date.now(), arrived: newSince(list.feed, feed) };
      }),
    );
  });

  function loadOlder(): void {
    if (list.busy || list.feed?.hasMore !== true) return;
    update((list) => ({ ...list, busy: true }));
    void administration.failures(projectId, filter, list.feed.endCursor).then((told) =>
      update((list) => {
        if ("refusal" in told) return { ...list, busy: false, refusal: told.refusal };
        const feed = list.feed === null ? null : withOlder(list.feed, told.data);
        return { ...list, busy: false, refusal: null, feed, arrived: 0 };
      }),
    );
  }

  return { ...list, loadOlder };
}

/** Counts of all the project's failures, kept current; `null` until the first answer. */
export function useFailureCounts(projectId: string, span: Span, isLive: boolean): readonly FailureCount[] | null {
  const administration = useAdministration();
  const key = `${span} ${projectId}`;
  const [held, setHeld] = useState<{ key: string; counts: readonly FailureCount[] } | null>(null);
  const latest = useLatest(key);
  usePolling(key, isLive, () => {
    const interval = intervalOf(span, Date.now());
    void administration.failureCounts(projectId, interval, spans[span].buckets).then((told: Told<readonly FailureCount[]>) => {
      if ("data" in told && latest.current === key) setHeld({ key, counts: told.data });
    });
  });
  return held?.key === key ? held.counts : null;
}

function useLatest(key: string): { readonly current: string } {
  const latest = useRef(key);
  useEffect(() => {
    latest.current = key;
  }, [key]);
  return latest;
}
