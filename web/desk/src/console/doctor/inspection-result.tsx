import type { ReactNode, RefObject } from "react";
import type { Finding, Inspection, InspectionStep } from "../../graphql/console-documents";
import { Icon, type IconName } from "../../ui/icons";
import { Advice } from "../advice";
import { Prose } from "../prose";
import { exactly, statusWords, stepDoes, stepNames } from "../words";

interface InspectionResultProps {
  readonly inspection: Inspection;
  readonly heading: RefObject<HTMLHeadingElement | null>;
}

/** What is wrong, first; then how that was found. */
export function InspectionResult({ inspection, heading }: InspectionResultProps): ReactNode {
  const { accepted, finding, steps, claims, warnings } = inspection;
  return (
    <>
      <section className="card verdict" data-accepted={accepted} aria-labelledby="verdict-title">
        <h2 id="verdict-title" ref={heading} tabIndex={-1}>
          <Icon name={accepted ? "ok" : "failed"} />
          <span>
            <Prose text={finding?.title ?? (accepted ? "This token is accepted" : "This token is refused")} />
          </span>
        </h2>
        {accepted && <p>The project would let its visitor in now.</p>}
        {finding !== null && (
          <>
            <Codes finding={finding} />
            <Advice finding={finding} />
          </>
        )}
      </section>
      {warnings.length > 0 && (
        <section className="card warnings" aria-labelledby="warnings-title">
          <h2 id="warnings-title">{accepted ? "Accepted, but" : "And besides"}</h2>
          <ul>
            {warnings.map(({ code, message }) => (
              <li key={code}>
                <Icon name="warning" />
                <span>
                  <Prose text={message} /> <code className="code">{code}</code>
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
      <section className="card" aria-labelledby="steps-title">
        <h2 id="steps-title">Step by step</h2>
        <ol className="steps">
          {steps.map((step) => (
            <Step key={step.name} step={step} />
          ))}
        </ol>
      </section>
      {claims !== null && <Claims claims={claims} />}
    </>
  );
}

function Codes({ finding }: { finding: Finding }): ReactNode {
  return (
    <dl className="facts">
      <div>
        <dt>Code</dt>
        <dd>
          <code className="code">{finding.code}</code>
        </dd>
      </div>
      <div>
        <dt>The page is told</dt>
        <dd>
          <code className="code">{finding.publicCode}</code>
        </dd>
      </div>
    </dl>
  );
}

const statusIcons: Readonly<Record<InspectionStep["status"], IconName>> = {
  OK: "ok",
  FAILED: "failed",
  SKIPPED: "skipped",
};

function Step({ step: { name, status, facts } }: { step: InspectionStep }): ReactNode {
  return (
    <li className="step" data-status={status}>
      <Icon name={statusIcons[status]} />
      <div className="step-head">
        <h3>{stepNames[name]}</h3>
        <span className="step-status">{statusWords[status]}</span>
        <p className="step-does">{stepDoes[name]}</p>
      </div>
      {facts.length > 0 && (
        <dl className="facts">
          {facts.map((fact, index) => (
            <div key={`${index} ${fact.name}`}>
              <dt>{fact.name}</dt>
              <dd>
                <bdi className="mono">{exactly(fact.value)}</bdi>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </li>
  );
}

function Claims({ claims }: { claims: NonNullable<Inspection["claims"]> }): ReactNode {
  return (
    <section className="card" aria-labelledby="claims-title">
      <h2 id="claims-title">Claims</h2>
      <p className="hint">Shown because the signature is by an active key of this project.</p>
      <dl className="facts claims">
        {claims.map((claim) => (
          <div key={claim.name}>
            <dt>
              <bdi className="mono">{exactly(claim.name)}</bdi>
            </dt>
            <dd>
              <bdi className="mono">{exactly(claim.value)}</bdi>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
