import type { ReactNode } from "react";
import type { Finding } from "../graphql/console-documents";
import { Prose } from "./prose";

/** Cause and fix of a finding, and where there is more of it. */
export function Advice({ finding: { code, cause, fix, documentationUrl } }: { finding: Finding }): ReactNode {
  return (
    <>
      <h3>Why</h3>
      <p>
        <Prose text={cause} />
      </p>
      <h3>What to do</h3>
      <p>
        <Prose text={fix} />
      </p>
      <a className="link" href={documentationUrl} target="_blank" rel="noreferrer">
        <code>{code}</code> in the documentation
        <span className="visually-hidden"> (opens a new tab)</span>
      </a>
    </>
  );
}
