import { type ReactNode, useState } from "react";
import { Button } from "react-aria-components";
import { download } from "../../ui/download";
import { Icon } from "../../ui/icons";
import { useTask } from "../../ui/task";
import { CopyBlock } from "../copy-block";
import { Refusal } from "../refusal";
import { useAudit } from "./use-events";

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
      <Export projectId={projectId} />
    </section>
  );
}

/** Takes the log away, whole: filters of the list above do not count. */
function Export({ projectId }: { projectId: string }): ReactNode {
  const audit = useAudit(projectId);
  const task = useTask();
  const [events, setEvents] = useState<number | null>(null);
  const file = `audit-${projectId}.jsonl`;

  async function take(): Promise<void> {
    setEvents(0);
    const texts = await task.run(() => audit.export(setEvents));
    if (texts === null) setEvents(null);
    else download(file, texts, "application/jsonl");
  }

  return (
    <>
      <p>
        An export is the whole log, one event a line, in the form that was hashed. It ends with the event that says that you took it, and can be
        checked without Signet, by <code>docs/verify-audit-export.py</code>:
      </p>
      <div className="export-line">
        <Button className="button" data-look="secondary" data-busy={task.busy} onPress={() => void take()}>
          <Icon name="down" />
          {task.busy ? "Exporting…" : "Download the export"}
        </Button>
        <p className="hint" role="status">
          {events !== null && events > 0 && countInWords(events, task.busy)}
        </p>
      </div>
      <Refusal words={task.otherwise} />
      <CopyBlock text={`python3 verify-audit-export.py ${file}`} what="the command that checks an export" />
      <p>On the server, the same lines come from:</p>
      <CopyBlock text={`signet audit export --project ${projectId} > ${file}`} what="the command that exports" />
    </>
  );
}

function countInWords(events: number, isBusy: boolean): string {
  const count = events === 1 ? "1 event" : `${events.toLocaleString("en-GB")} events`;
  return isBusy ? `${count} so far` : `${count}, in your downloads`;
}
