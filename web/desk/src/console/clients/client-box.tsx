import { type ReactNode, useState } from "react";
import { Checkbox, CheckboxGroup, FieldError, Label, Text } from "react-aria-components";
import type { NewSecret } from "../../engine/people";
import type { Client } from "../../graphql/people-documents";
import { useDeskState } from "../../ui/context";
import { Icon } from "../../ui/icons";
import { useTask } from "../../ui/task";
import { TextInput } from "../../ui/text-input";
import { Box, BoxForm } from "../dialog";
import { usePeople } from "../people/use-people";
import { scopesIn } from "../rights";
import { useLoaded } from "../use-loaded";
import { SecretShown, secretTitle } from "./secret-boxes";

interface ClientBoxProps {
  readonly projectId: string;
  /** `null`: a new one. */
  readonly client: Client | null;
  readonly onDone: (words: string | null) => void;
  readonly onClose: () => void;
}

/** A program's name and what it may do: no more than whoever registers it. */
export function ClientBox({ projectId, client, onDone, onClose }: ClientBoxProps): ReactNode {
  const people = usePeople(projectId);
  const task = useTask("name", "scopes");
  const [name, setName] = useState(client?.name ?? "");
  const [scopes, setScopes] = useState<readonly string[]>(client?.scopes ?? []);
  const [made, setMade] = useState<NewSecret | null>(null);

  async function save(): Promise<void> {
    if (client === null) {
      const fresh = await task.run(() => people.createClient(name, scopes));
      if (fresh === null) return;
      setMade(fresh);
      onDone(null);
    } else {
      const changed = await task.run(() => people.updateClient(client.id, name, scopes));
      if (changed === null) return;
      onDone(`${changed.name} is changed. What was taken away it has lost at once.`);
      onClose();
    }
  }

  const title = client === null ? "Register a program" : `Change ${client.name}`;
  return (
    <Box title={made === null ? title : secretTitle(made)} onClose={onClose} isPinned={made !== null} isWide>
      {made === null ? (
        <BoxForm
          task={task}
          verb={client === null ? "Register" : "Save"}
          busyWords="One moment…"
          isDisabled={name.trim() === "" || scopes.length === 0}
          onSubmit={() => void save()}
          onCancel={onClose}
        >
          <TextInput
            label="Name"
            autoComplete="off"
            hint="As the audit log will call it, such as “CRM”."
            autoFocus
            value={name}
            onChange={setName}
            refusal={task.at("name")}
          />
          <ScopeChoice projectId={projectId} value={scopes} onChange={setScopes} refusal={task.at("scopes")} />
        </BoxForm>
      ) : (
        <SecretShown made={made} onClose={onClose} />
      )}
    </Box>
  );
}

interface ScopeChoiceProps {
  readonly projectId: string;
  readonly value: readonly string[];
  readonly onChange: (scopes: readonly string[]) => void;
  readonly refusal: string | undefined;
}

function ScopeChoice({ projectId, value, onChange, refusal }: ScopeChoiceProps): ReactNode {
  const people = usePeople(projectId);
  const own = useDeskState(({ viewer }) => scopesIn(viewer, projectId));
  const { data: permissions } = useLoaded("permissions", () => people.permissions());
  return (
    <CheckboxGroup
      className="field"
      value={[...value]}
      onChange={onChange}
      isInvalid={refusal !== undefined}
      validationBehavior="aria"
    >
      <Label>What it may do</Label>
      <Text slot="description" className="hint">
        As little as it needs. You can give no right that you do not have.
      </Text>
      <div className="picks">
        {(permissions ?? []).map(({ scope, description }) => (
          <Checkbox key={scope} className="checkbox pick" value={scope} isDisabled={!own.includes(scope)}>
            <span className="checkbox-box" aria-hidden="true">
              <Icon name="tick" />
            </span>
            <span>
              {description} <code>{scope}</code>
            </span>
          </Checkbox>
        ))}
      </div>
      <FieldError className="field-error">{refusal}</FieldError>
    </CheckboxGroup>
  );
}
