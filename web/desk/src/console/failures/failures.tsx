import { type ReactNode, useMemo, useState } from "react";
import { Button, Switch } from "react-aria-components";
import { formatClock } from "@signet/kit";
import type { FailureFilter } from "../../engine/administration";
import { Icon, Seal } from "../../ui/icons";
import { Chart } from "./chart";
import { FailureRow } from "./failure-row";
import { FailureSearch } from "./failure-search";
import type { ProjectPage } from "../page";
import { Waiting } from "../refusal";
import { lookFor, useLookedFor } from "./looked-for";
import { isSpan, spans, tallyCodes } from "./spans";
import { useFailureCounts, useFailures } from "./use-failures";

export const failuresPage: ProjectPage = {
  of: "project",
  id: "failures",
  title: "Authentication failures",
  name: "Failures",
  icon: "failures",
  needs: "visitors:authenticate",
  Content: Failures,
};

/** Who was refused lately, and why. */
function Failures({ projectId }: { projectId: string }): ReactNode {
  const { correlationId, code, fineCode, span } = useLookedFor();
  const [isLive, setIsLive] = useState(true);
  const filter = useMemo<FailureFilter>(
    () => ({
      ...(correlationId !== null && { correlationId }),
      ...(code !== null && { code }),
      ...(fineCode !== null && { fineCode }),
    }),
    [correlationId, code, fineCode],
  );
  const { feed, refusal, updatedAt, arrived, busy, loadOlder } = useFailures(projectId, filter, isLive);
  const counts = useFailureCounts(projectId, span, isLive);
  const tallies = useMemo(() => tallyCodes(counts ?? []), [counts]);

  return (
    <div className="console-page" data-wide="true">
      <div className="feed-bar">
        <SpanChoice />
        <p className="feed-updated">{updatedAt !== null && `Updated ${formatClock(updatedAt)}`}</p>
        <Switch className="switch" isSelected={isLive} onChange={setIsLive}>
          <span className="switch-track" aria-hidden="true" />
          Live
        </Switch>
      </div>
      <p className="visually-hidden" role="status">
        {arrived > 0 && (arrived === 1 ? "1 new failure" : `${arrived} new failures`)}
      </p>
      <section className="card" aria-label="Failures over time">
        {counts === null ? <div className="chart-waiting skeleton" /> : <Chart counts={counts} span={span} />}
      </section>
      <FailureSearch tallies={tallies} />
      <div role="alert">
        {refusal !== null && (
          <p className="refusal">
            <Icon name="warning" />
            <span>{refusal}</span>
          </p>
        )}
      </div>
      {feed === null ? (
        refusal === null && <Waiting />
      ) : feed.failures.length === 0 ? (
        <NoFailures isFiltered={Object.keys(filter).length > 0} />
      ) : (
        <section aria-labelledby="failures-title">
          <h2 id="failures-title" className="visually-hidden">
            Failures, newest first
          </h2>
          <ul className="failures">
            {feed.failures.map((failure) => (
              <FailureRow key={failure.id} failure={failure} />
            ))}
          </ul>
          {feed.hasMore ? (
            <Button className="button feed-more" data-look="secondary" data-busy={busy} onPress={loadOlder}>
              {busy ? "Loading…" : "Older failures"}
            </Button>
          ) : (
            <p className="hint feed-end">These are all. The last 500 of a project are kept.</p>
          )}
        </section>
      )}
    </div>
  );
}

function SpanChoice(): ReactNode {
  const lookedFor = useLookedFor();
  return (
    <fieldset className="choice">
      <legend className="visually-hidden">Count failures of the last</legend>
      {Object.entries(spans).map(([span, { words }]) => (
        <label key={span}>
          <input
            type="radio"
            name="span"
            className="visually-hidden"
            checked={lookedFor.span === span}
            onChange={() => {
              if (isSpan(span)) lookFor({ span });
            }}
          />
          <span>{words}</span>
        </label>
      ))}
    </fieldset>
  );
}

function NoFailures({ isFiltered }: { isFiltered: boolean }): ReactNode {
  if (isFiltered)
    return (
      <section className="console-nothing">
        <h2>No such failure</h2>
        <p>Nothing among the last 500 failures of this project matches. Check that the whole correlation id was copied.</p>
        <button type="button" className="link" onClick={() => lookFor({ correlationId: null, code: null, fineCode: null })}>
          Show all failures
        </button>
      </section>
    );
  return (
    <section className="console-nothing">
      <Seal />
      <h2>No failures</h2>
      <p>Good: no sign-in of a visitor was refused. When one is, it stands here within seconds, with its cause.</p>
    </section>
  );
}
