/** The console's form fields: a name, what it does in a sentence, and what is wrong with it at its place. */
import { type ReactNode, useId, useRef, useState } from "react";
import {
  Button,
  Checkbox,
  CheckboxGroup,
  FieldError,
  Input,
  Label,
  Radio,
  RadioGroup,
  Switch,
  Text,
  TextField,
} from "react-aria-components";
import { Icon } from "../ui/icons";
import { durationOf, secondsOf, type Unit, units } from "./duration";
import { Prose } from "./prose";

interface FieldProps<Value> {
  readonly label: string;
  readonly value: Value;
  readonly onChange: (value: Value) => void;
  /** With code between backticks. */
  readonly hint?: string;
  readonly error?: string | undefined;
  readonly isReadOnly: boolean;
}

function Hint({ text }: { text: string | undefined }): ReactNode {
  if (text === undefined) return null;
  return (
    <Text slot="description" className="hint">
      <Prose text={text} />
    </Text>
  );
}

function Fault({ text }: { text: string | undefined }): ReactNode {
  return <FieldError className="field-error">{text}</FieldError>;
}

interface TextSettingProps extends FieldProps<string> {
  readonly isCode?: boolean;
  readonly isNumber?: boolean;
}

export function TextSetting({ label, value, onChange, hint, error, isReadOnly, isCode = false, isNumber = false }: TextSettingProps): ReactNode {
  return (
    <TextField
      className="field setting"
      value={value}
      onChange={onChange}
      isReadOnly={isReadOnly}
      isInvalid={error !== undefined}
      validationBehavior="aria"
      autoComplete="off"
    >
      <Label>{label}</Label>
      <Input {...(isNumber && { inputMode: "numeric", className: "short" })} {...(isCode && { className: "mono", spellCheck: "false", autoCapitalize: "none", dir: "ltr" })} />
      <Hint text={hint} />
      <Fault text={error} />
    </TextField>
  );
}

/** A span of time in whole seconds, in the unit that suits it; `null` while it is no number. */
export function DurationSetting({ label, value, onChange, hint, error, isReadOnly }: FieldProps<number | null>): ReactNode {
  const [typed, setTyped] = useState(() => durationOf(value ?? 0));
  // What is typed stands as long as it means the value: "60 minutes" does not become "1 hour" under the cursor.
  const shown = secondsOf(typed) === value ? typed : durationOf(value ?? 0);

  function change(next: typeof typed): void {
    setTyped(next);
    onChange(secondsOf(next));
  }

  return (
    <TextField
      className="field setting"
      value={shown.amount}
      onChange={(amount) => change({ ...shown, amount })}
      isReadOnly={isReadOnly}
      isInvalid={error !== undefined || value === null}
      validationBehavior="aria"
      autoComplete="off"
    >
      <Label>{label}</Label>
      <span className="duration">
        <Input inputMode="numeric" />
        <select
          className="select"
          aria-label={`Unit of ${label.toLowerCase()}`}
          value={shown.unit}
          disabled={isReadOnly}
          onChange={(event) => change({ ...shown, unit: event.target.value as Unit })}
        >
          {Object.keys(units).map((unit) => (
            <option key={unit}>{unit}</option>
          ))}
        </select>
      </span>
      <Hint text={hint} />
      <Fault text={error ?? (value === null ? "A whole number, please." : undefined)} />
    </TextField>
  );
}

interface ChoiceSettingProps<Value extends string> extends FieldProps<Value> {
  readonly choices: readonly { readonly value: Value; readonly name: string; readonly does: string }[];
}

/** One of a few, each with what it does. */
export function ChoiceSetting<Value extends string>({
  label,
  value,
  onChange,
  hint,
  error,
  isReadOnly,
  choices,
}: ChoiceSettingProps<Value>): ReactNode {
  const id = useId();
  return (
    <RadioGroup
      className="field setting choices"
      value={value}
      onChange={(chosen) => onChange(chosen as Value)}
      isReadOnly={isReadOnly}
      isInvalid={error !== undefined}
      validationBehavior="aria"
    >
      <Label>{label}</Label>
      <Hint text={hint} />
      {choices.map((choice) => (
        <Radio
          key={choice.value}
          className="choice-card"
          value={choice.value}
          aria-label={choice.name}
          aria-describedby={`${id}${choice.value}`}
        >
          <span className="choice-mark" aria-hidden="true" />
          <strong>{choice.name}</strong>
          <span id={`${id}${choice.value}`} className="hint">
            <Prose text={choice.does} />
          </span>
        </Radio>
      ))}
      <Fault text={error} />
    </RadioGroup>
  );
}

interface SeveralSettingProps extends FieldProps<readonly string[]> {
  readonly choices: readonly string[];
}

/** Any of a few words of a standard. */
export function SeveralSetting({ label, value, onChange, hint, error, isReadOnly, choices }: SeveralSettingProps): ReactNode {
  return (
    <CheckboxGroup
      className="field setting"
      value={[...value]}
      // In the order of the list, so that switching something off and on again changes nothing.
      onChange={(chosen) => onChange(choices.filter((choice) => chosen.includes(choice)))}
      isReadOnly={isReadOnly}
      isInvalid={error !== undefined}
      validationBehavior="aria"
    >
      <Label>{label}</Label>
      <Hint text={hint} />
      <div className="several">
        {choices.map((choice) => (
          <Checkbox key={choice} className="checkbox" value={choice}>
            <span className="checkbox-box" aria-hidden="true">
              <Icon name="tick" />
            </span>
            <code>{choice}</code>
          </Checkbox>
        ))}
      </div>
      <Fault text={error} />
    </CheckboxGroup>
  );
}

interface ListSettingProps extends FieldProps<readonly string[]> {
  /** One of them, as in "Add origin". */
  readonly one: string;
  readonly placeholder: string;
  /** Shown while there is none. */
  readonly empty: string;
  /** What is kept of a text, or what is wrong with it. */
  readonly read: (text: string) => { readonly item: string } | { readonly fault: string };
}

/** A list of texts, each added and taken away by itself. */
export function ListSetting({ label, value, onChange, hint, error, isReadOnly, one, placeholder, empty, read }: ListSettingProps): ReactNode {
  const [text, setText] = useState("");
  const [fault, setFault] = useState<string | undefined>(undefined);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();

  function add(): void {
    const told = text.trim() === "" ? { fault: `Type ${one} first.` } : read(text);
    if ("fault" in told) setFault(told.fault);
    else if (value.includes(told.item)) setFault(`${told.item} is on the list already.`);
    else {
      onChange([...value, told.item]);
      setText("");
      setFault(undefined);
    }
    field.current?.focus();
  }

  function remove(item: string): void {
    onChange(value.filter((other) => other !== item));
    field.current?.focus();
  }

  return (
    <div className="field setting" role="group" aria-labelledby={`${id}label`}>
      <span id={`${id}label`} className="field-label">
        {label}
      </span>
      {hint !== undefined && (
        <p className="hint">
          <Prose text={hint} />
        </p>
      )}
      {value.length === 0 && <p className="setting-empty">{empty}</p>}
      <ul className="list-setting" aria-label={label}>
        {value.map((item) => (
          <li key={item}>
            <bdi className="mono">{item}</bdi>
            {!isReadOnly && (
              <Button className="button" data-look="quiet" data-shape="icon" aria-label={`Remove ${item}`} onPress={() => remove(item)}>
                <Icon name="close" />
              </Button>
            )}
          </li>
        ))}
      </ul>
      {!isReadOnly && (
        <TextField
          className="list-add"
          aria-label={`New ${one.replace(/^an? /, "")}`}
          value={text}
          onChange={(text) => {
            setText(text);
            setFault(undefined);
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            add();
          }}
          isInvalid={fault !== undefined || error !== undefined}
          validationBehavior="aria"
          autoComplete="off"
        >
          <Input ref={field} className="mono" dir="ltr" placeholder={placeholder} spellCheck="false" autoCapitalize="none" />
          <Button className="button" data-look="secondary" onPress={add}>
            Add
          </Button>
          <Fault text={fault ?? error} />
        </TextField>
      )}
    </div>
  );
}

export function SwitchSetting({ label, value, onChange, hint, isReadOnly }: FieldProps<boolean>): ReactNode {
  const id = useId();
  return (
    <div className="setting">
      <Switch className="switch" isSelected={value} onChange={onChange} isReadOnly={isReadOnly} {...(hint !== undefined && { "aria-describedby": id })}>
        <span className="switch-track" aria-hidden="true" />
        {label}
      </Switch>
      {hint !== undefined && (
        <p id={id} className="hint">
          <Prose text={hint} />
        </p>
      )}
    </div>
  );
}
