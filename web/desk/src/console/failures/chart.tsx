import { type ReactNode, useId } from "react";
import { formatMoment } from "@signet/kit";
import type { FailureCount } from "../../graphql/console-documents";
import { useNow } from "../../ui/clock";
import { type Span, summaryOf, ticksOf, totalOf } from "./spans";

/** Units of the drawing: it is stretched to the width there is. */
const HEIGHT = 64;
const STEP = 10;
const GAP = 2;

/** How many failures when: bars, the same in a sentence, and as a table. */
export function Chart({ counts, span }: { counts: readonly FailureCount[]; span: Span }): ReactNode {
  const id = useId();
  const now = useNow();
  const most = Math.max(1, ...counts.map((one) => one.count));
  return (
    <figure className="chart">
      <figcaption id={id}>{summaryOf(counts, span, now)}</figcaption>
      <svg viewBox={`0 0 ${counts.length * STEP} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-labelledby={id}>
        {counts.map(({ from, count }, index) => {
          // A single failure among hundreds is still to be seen.
          const height = count === 0 ? 1 : Math.max(3, (count / most) * HEIGHT);
          return (
            <rect
              key={from}
              className="bar"
              data-empty={count === 0}
              x={index * STEP + GAP / 2}
              y={HEIGHT - height}
              width={STEP - GAP}
              height={height}
            >
              <title>{`${formatMoment(from, now)}: ${count}`}</title>
            </rect>
          );
        })}
      </svg>
      <p className="chart-ticks" aria-hidden="true">
        {ticksOf(counts, span, now).map((words) => (
          <span key={words}>{words}</span>
        ))}
        <span>now</span>
      </p>
      {totalOf(counts) > 0 && <CountsTable counts={counts} />}
    </figure>
  );
}

function CountsTable({ counts }: { counts: readonly FailureCount[] }): ReactNode {
  const now = useNow();
  const rows = counts.filter((one) => one.count > 0).reverse();
  return (
    <details className="chart-table">
      <summary>As a table</summary>
      <table>
        <caption className="visually-hidden">Failures by time; times without any are left out</caption>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">Failures</th>
            <th scope="col">Codes</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ from, count, codes }) => (
            <tr key={from}>
              <th scope="row">{formatMoment(from, now)}</th>
              <td>{count}</td>
              <td className="mono">{codes.map((one) => `${one.fineCode} ${one.count}`).join(", ")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
