import { memo, type ReactNode, useId, useState } from "react";
import { Button } from "react-aria-components";
import { formatMoment } from "@signet/kit";
import type { AuditEvent } from "../../graphql/audit-documents";
import { useNow } from "../../ui/clock";
import { Icon } from "../../ui/icons";
import { CopyButton } from "../copy-button";
import { codeInWords } from "../failures/feed";
import { exactly } from "../words";
import { lookFor, nothing } from "./looked-for";

const actorNames: Readonly<Record<AuditEvent["actor"]["type"], string>> = {
  AGENT: "a person",
  CLIENT: "a program",
  VISITOR: "a visitor",
  OPERATOR: "the operator",
  SYSTEM: "Signet",
  NOBODY: "somebody unknown",
};

/** One event in two lines; the rest on demand. */
export const EventRow = memo(function EventRow({ event }: { event: AuditEvent }): ReactNode {
  const [isOpen, setIsOpen] = useState(false);
  const now = useNow();
  const id = useId();
  const { at, kind, description, actor, address } = event;
  return (
    <li className="failure">
      <div className="failure-head">
        <time className="failure-time" dateTime={at}>
          {formatMoment(at, now)}
        </time>
        <h3 className="failure-title">
          <Button
            className="failure-toggle"
            aria-expanded={isOpen}
            {...(isOpen && { "aria-controls": `${id}details` })}
            onPress={() => setIsOpen(!isOpen)}
          >
            <span>{description ?? codeInWords(kind)}</span>
            <Icon name="open" />
          </Button>
        </h3>
        <p className="failure-codes">
          <code className="code">{kind}</code>
          <span>
            by <bdi>{actor.name === null ? actorNames[actor.type] : exactly(actor.name)}</bdi>
          </span>
          {address !== null && (
            <span>
              from <bdi className="mono">{exactly(address)}</bdi>
            </span>
          )}
        </p>
      </div>
      {isOpen && (
        <div className="failure-more" id={`${id}details`}>
          <Facts event={event} id={id} />
          <Trails event={event} />
        </div>
      )}
    </li>
  );
});

function Facts({ event, id }: { event: AuditEvent; id: string }): ReactNode {
  const { at, sequence, actor, subject, address, correlationId, details, hash } = event;
  return (
    <dl className="facts">
      <Fact name="Time">{at}</Fact>
      <Fact name="Place in the chain">{String(sequence)}</Fact>
      <Fact name="Done by">
        {[actorNames[actor.type], actor.name, actor.id].filter((one) => one !== null).join(" · ")}
      </Fact>
      {subject !== null && (
        <Fact name="Done to">
          {codeInWords(subject.type)} · {subject.id}
        </Fact>
      )}
      {address !== null && <Fact name="From">{address}</Fact>}
      {details.map((detail) => (
        <Fact key={detail.name} name={detail.name}>
          {detail.value}
        </Fact>
      ))}
      {correlationId !== null && (
        <Fact name="Correlation id" extra={<CopyButton text={correlationId} shownIn={`${id}request`} what="correlation id" />}>
          <span id={`${id}request`}>{correlationId}</span>
        </Fact>
      )}
      <Fact name="SHA-256">{hash}</Fact>
    </dl>
  );
}

function Fact({ name, extra, children }: { name: string; extra?: ReactNode; children: ReactNode }): ReactNode {
  const shown = typeof children === "string" ? exactly(children) : children;
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <bdi className="mono">{shown}</bdi>
        {extra}
      </dd>
    </div>
  );
}

/** Where an event leads on to. */
function Trails({ event: { actor, subject, correlationId } }: { event: AuditEvent }): ReactNode {
  return (
    <p className="trails">
      {actor.id !== null && <Trail words="All they did" change={{ by: actor.id }} />}
      {subject !== null && <Trail words="All that was done to this" change={{ about: subject.id }} />}
      {correlationId !== null && <Trail words="The whole request" change={{ correlationId }} />}
    </p>
  );
}

function Trail({ words, change }: { words: string; change: Parameters<typeof lookFor>[0] }): ReactNode {
  return (
    <button type="button" className="link" onClick={() => lookFor({ ...nothing, ...change })}>
      {words}
    </button>
  );
}
