import type { ReactNode } from "react";
import { CopyBlock } from "../copy-block";

/** How the log is checked and taken away: on the server, whose word alone would prove nothing about itself. */
export function Evidence({ projectId }: { projectId: string }): ReactNode {
  return (
    <section className="card evidence" aria-labelledby="evidence-title">
      <h2 id="evidence-title">Verify and export</h2>
      <p>
        Each event carries the hash of the one before, and once an hour the end of the chain is signed. On the server, this
        walks all chains and names every row that was changed, removed, exchanged or added; its exit code is 1 if there is one:
      </p>
      <CopyBlock text="signet audit verify" what="the command that verifies" />
      <p>
        Whoever can write to the database can rewrite what came after the last signature. Keep the lines of{" "}
        <code>signet audit sign</code> elsewhere and hand them over with <code>--checkpoints FILE</code>: then not even that
        goes unseen.
      </p>
      <p>An export is one event a line, in the form that was hashed, and can be checked without Signet:</p>
      <CopyBlock
        text={`signet audit export --project ${projectId} > events.jsonl\npython3 verify-audit-export.py events.jsonl`}
        what="the commands that export"
      />
    </section>
  );
}
