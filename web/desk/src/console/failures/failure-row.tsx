import { memo, type ReactNode, useId, useState } from "react";
import { Button } from "react-aria-components";
import { formatMoment } from "@signet/kit";
import type { AuthenticationFailure } from "../../graphql/console-documents";
import { useNow } from "../../ui/clock";
import { Icon } from "../../ui/icons";
import { Advice } from "../advice";
import { CopyButton } from "../copy-button";
import { sizeInWords, titleOf } from "./feed";
import { Prose } from "../prose";
import { exactly } from "../words";

interface FailureRowProps {
  readonly failure: AuthenticationFailure;
}

/** One failure in two lines; the rest on demand. */
export const FailureRow = memo(function FailureRow({ failure }: FailureRowProps): ReactNode {
  const [isOpen, setIsOpen] = useState(false);
  const now = useNow();
  const id = useId();
  const idElement = `${id}correlation`;
  const { at, code, fineCode, correlationId } = failure;
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
            <span>
              <Prose text={titleOf(failure)} />
            </span>
            <Icon name="open" />
          </Button>
        </h3>
        <p className="failure-codes">
          <code className="code">{fineCode}</code>
          {code !== fineCode && (
            <span>
              page told <code>{code}</code>
            </span>
          )}
        </p>
        <p className="failure-id">
          <span className="visually-hidden">Correlation id </span>
          <code id={idElement}>{correlationId}</code>
          <CopyButton text={correlationId} shownIn={idElement} what="correlation id" />
        </p>
      </div>
      {isOpen && (
        <div className="failure-more" id={`${id}details`}>
          {failure.finding !== null && <Advice finding={failure.finding} />}
          <Facts failure={failure} />
        </div>
      )}
    </li>
  );
});

function Facts({ failure }: FailureRowProps): ReactNode {
  const { origin, encryptionKeyId, signatureKeyId, issuer, issuedAt, expiresAt } = failure;
  const facts: readonly (readonly [name: string, value: string | null])[] = [
    ["Time", new Date(failure.at).toISOString()],
    ["Page", origin],
    ["Token", sizeInWords(failure)],
    ["Encryption key", encryptionKeyId],
    ["Signature key", signatureKeyId],
    ["Issuer", issuer],
    ["Issued", issuedAt],
    ["Expires", expiresAt],
  ];
  return (
    <dl className="facts">
      {facts.map(
        ([name, value]) =>
          value !== null && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <bdi className="mono">{exactly(value)}</bdi>
              </dd>
            </div>
          ),
      )}
    </dl>
  );
}
