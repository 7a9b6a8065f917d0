import { type ReactNode, useRef, useState } from "react";
import { Button } from "react-aria-components";
import { formatAge, formatMoment } from "@signet/kit";
import { Refusal } from "../console/refusal";
import type { OwnSession } from "../graphql/account-documents";
import { useNow } from "../ui/clock";
import { Done } from "../ui/done";
import { useTask } from "../ui/task";
import { Settings } from "./settings";
import { useOwnAccount } from "./use-own-account";
import { browserInWords } from "./user-agent";

interface SessionsProps {
  readonly sessions: readonly OwnSession[];
  readonly onChanged: () => void;
}

/** Where one is signed in, and how to end that. */
export function Sessions({ sessions, onChanged }: SessionsProps): ReactNode {
  const own = useOwnAccount();
  const task = useTask();
  const [done, setDone] = useState<string | null>(null);
  const list = useRef<HTMLUListElement>(null);
  const others = sessions.filter((session) => !session.current);

  async function end(session: OwnSession): Promise<void> {
    setDone(null);
    if ((await task.run(() => own.revokeSession(session.id))) === null) return;
    setDone(`Ended: ${nameOf(session)}.`);
    list.current?.focus();
    onChanged();
  }

  async function endOthers(): Promise<void> {
    setDone(null);
    const ended = await task.run(() => own.revokeOtherSessions());
    if (ended === null) return;
    setDone(ended === 1 ? "1 session ended." : `${ended} sessions ended.`);
    list.current?.focus();
    onChanged();
  }

  return (
    <Settings
      title="Where you are signed in"
      hint="End what you do not know, and change your password then. An ended session is out within seconds. Left alone, one ends after an hour, and after twelve hours at the latest."
    >
      <ul ref={list} className="sessions" tabIndex={-1} aria-label="Sessions">
        {sessions.map((session) => (
          <Session key={session.id} session={session} onEnd={() => void end(session)} />
        ))}
      </ul>
      <Refusal words={task.otherwise} />
      <Done words={done} />
      {others.length > 1 && (
        <div className="form-actions">
          <Button className="button" data-look="secondary" data-busy={task.busy} onPress={() => void endOthers()}>
            End all but this one
          </Button>
        </div>
      )}
    </Settings>
  );
}

function Session({ session, onEnd }: { session: OwnSession; onEnd: () => void }): ReactNode {
  const now = useNow();
  const { current, address, createdAt, lastUsedAt } = session;
  return (
    <li className="session">
      <div>
        <p className="session-name">
          {nameOf(session)}
          {current && <span className="chip">This browser</span>}
        </p>
        <p className="hint">
          {address !== null && (
            <>
              <bdi className="mono">{address}</bdi> ·{" "}
            </>
          )}
          since <time dateTime={createdAt}>{formatMoment(createdAt, now)}</time> ·{" "}
          {current ? "in use now" : <time dateTime={lastUsedAt}>last used {formatAge(lastUsedAt, now)}</time>}
        </p>
      </div>
      {!current && (
        <Button className="button" data-look="secondary" onPress={onEnd}>
          End
          <span className="visually-hidden"> {nameOf(session)}</span>
        </Button>
      )}
    </li>
  );
}

function nameOf({ kind, userAgent }: OwnSession): string {
  return kind === "TOKEN" ? "A program with your password" : browserInWords(userAgent);
}
