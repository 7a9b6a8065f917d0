import { type ReactNode, useState } from "react";
import type { NewSecret } from "../../engine/people";
import type { Client } from "../../graphql/people-documents";
import { useTask } from "../../ui/task";
import { Box, BoxForm, FormBox, ShownOnce } from "../dialog";
import { ChoiceSetting } from "../fields";
import { usePeople } from "../people/use-people";

interface SecretBoxProps {
  readonly projectId: string;
  readonly client: Client;
  readonly onDone: (words: string | null) => void;
  readonly onClose: () => void;
}

/** What a box is called that shows a secret. */
export function secretTitle({ client }: NewSecret): string {
  return `The secret of ${client.name}`;
}

/** A program's secret, this one time. */
export function SecretShown({ made: { client, secret }, onClose }: { made: NewSecret; onClose: () => void }): ReactNode {
  return (
    <ShownOnce text={secret} what="the secret" onClose={onClose}>
      <p>
        Put it where the program keeps its secrets. With it goes the client id, <code>{client.id}</code>.
      </p>
    </ShownOnce>
  );
}

const HOUR = 3_600;
const DAY = 24 * HOUR;

/** How long the old secret stays good, by the word of the choice. */
const overlaps = { now: 0, hour: HOUR, day: DAY, week: 7 * DAY, month: 30 * DAY } as const;
type Overlap = keyof typeof overlaps;

const choices: readonly { readonly value: Overlap; readonly name: string; readonly does: string }[] = [
  { value: "hour", name: "An hour", does: "When you change it right now." },
  { value: "day", name: "A day", does: "Time to give the program its new secret." },
  { value: "week", name: "A week", does: "For programs on many machines." },
  { value: "month", name: "30 days", does: "As long as it can be." },
  { value: "now", name: "Not at all", does: "The old secret is known to others: it and the tokens it got end at once." },
];

/** A new secret beside the old one, for a while. */
export function RotateBox({ projectId, client, onDone, onClose }: SecretBoxProps): ReactNode {
  const people = usePeople(projectId);
  const task = useTask();
  const [overlap, setOverlap] = useState<Overlap>("day");
  const [made, setMade] = useState<NewSecret | null>(null);

  async function rotate(): Promise<void> {
    const fresh = await task.run(() => people.rotateSecret(client.id, overlaps[overlap]));
    if (fresh === null) return;
    setMade(fresh);
    onDone(null);
  }

  const title = `A new secret for ${client.name}`;
  return (
    <Box title={made === null ? title : secretTitle(made)} onClose={onClose} isPinned={made !== null} isWide>
      {made === null ? (
        <BoxForm
          task={task}
          verb="Make a new secret"
          busyWords="Making…"
          look={overlap === "now" ? "danger" : "primary"}
          onSubmit={() => void rotate()}
          onCancel={onClose}
        >
          <ChoiceSetting
            label="How long the old one stays good"
            value={overlap}
            onChange={setOverlap}
            isReadOnly={false}
            choices={choices}
          />
        </BoxForm>
      ) : (
        <SecretShown made={made} onClose={onClose} />
      )}
    </Box>
  );
}

/** The end of a program. */
export function RevokeBox({ projectId, client, onDone, onClose }: SecretBoxProps): ReactNode {
  const people = usePeople(projectId);
  const task = useTask();

  async function revoke(): Promise<void> {
    if ((await task.run(() => people.revokeClient(client.id))) === null) return;
    onDone(`${client.name} may do nothing any more.`);
    onClose();
  }

  return (
    <FormBox
      title={`Revoke ${client.name}?`}
      task={task}
      verb="Revoke for ever"
      busyWords="Revoking…"
      look="danger"
      onSubmit={() => void revoke()}
      onClose={onClose}
    >
      <p>Its secrets and tokens end at once, and it cannot be brought back: register it anew if it was a mistake.</p>
    </FormBox>
  );
}
