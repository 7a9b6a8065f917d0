import { type ReactNode, type Ref, useState } from "react";
import { Button, FieldError, Input, Label, Text, TextField, type TextFieldProps } from "react-aria-components";

export interface TextInputProps extends Omit<TextFieldProps, "children" | "className" | "ref"> {
  readonly label: string;
  readonly hint?: ReactNode;
  /** What is wrong with what was typed. */
  readonly refusal?: string | undefined;
  readonly inputRef?: Ref<HTMLInputElement>;
  /** Of the digits and letters of ids, codes and keys. */
  readonly isMono?: boolean;
}

/** One line to type, with its label, a hint, and at its foot what is wrong with it. */
export function TextInput({ label, hint, refusal, inputRef, isMono, ...field }: TextInputProps): ReactNode {
  return (
    <TextField className="field" validationBehavior="aria" isInvalid={refusal !== undefined} {...field}>
      <Label>{label}</Label>
      <Input ref={inputRef} className={isMono === true ? "mono" : ""} spellCheck="false" autoCapitalize="none" />
      <About hint={hint} refusal={refusal} />
    </TextField>
  );
}

interface PasswordInputProps extends TextInputProps {
  readonly autoComplete: "current-password" | "new-password";
}

/** A password, which the person may look at: better than typing it twice. */
export function PasswordInput({ label, hint, refusal, inputRef, isMono: _, ...field }: PasswordInputProps): ReactNode {
  const [isShown, setIsShown] = useState(false);
  return (
    <TextField
      className="field"
      validationBehavior="aria"
      isInvalid={refusal !== undefined}
      {...field}
      type={isShown ? "text" : "password"}
    >
      <Label>{label}</Label>
      <div className="field-password">
        <Input ref={inputRef} spellCheck="false" autoCapitalize="none" autoCorrect="off" />
        <Button className="field-show" onPress={() => setIsShown(!isShown)}>
          {isShown ? "Hide" : "Show"}
          <span className="visually-hidden"> {label.toLowerCase()}</span>
        </Button>
      </div>
      <About hint={hint} refusal={refusal} />
    </TextField>
  );
}

function About({ hint, refusal }: Pick<TextInputProps, "hint" | "refusal">): ReactNode {
  return (
    <>
      {hint !== undefined && (
        <Text slot="description" className="field-hint">
          {hint}
        </Text>
      )}
      <FieldError className="field-error">{refusal}</FieldError>
    </>
  );
}
