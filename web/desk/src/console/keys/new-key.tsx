import { type FormEvent, type ReactNode, useRef, useState } from "react";
import { Button, FieldError, FileTrigger, Label, Text, TextArea, TextField } from "react-aria-components";
import { CopyBlock } from "../copy-block";
import { TextSetting } from "../fields";
import { goInConsole } from "../place";
import { Prose } from "../prose";
import { Refusal } from "../refusal";
import { useActing } from "../use-acting";
import { registerDocument } from "./documents";
import { NewKeySet } from "./key-set";
import { isPrivate, NEW_PAIR, wayOut, withLineBreaks } from "./words";

/** A key file has a few hundred bytes; what is larger than this is none, and is not read. */
const LARGEST_FILE = 64 * 1024;

const PRIVATE = {
  field: "key",
  code: "KEY_IS_PRIVATE",
  message: "This is a private key. It was not sent, but it has left its place: consider it burnt.",
};

interface NewKeyProps {
  readonly projectId: string;
  readonly reload: () => Promise<void>;
  readonly hasKeySet: boolean;
}

/** Registers a public key, pasted or from a file; or an address that has them all. */
export function NewKey({ projectId, reload, hasKeySet }: NewKeyProps): ReactNode {
  const acting = useActing(reload);
  const [key, setKey] = useState("");
  const [keyId, setKeyId] = useState("");
  const [isPs256, setIsPs256] = useState(false);
  const [isMended, setIsMended] = useState(false);
  const [own, setOwn] = useState<typeof PRIVATE | { field: string; code: null; message: string } | null>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const errors = own === null ? acting.errors : [own];
  const errorOf = (name: string) => errors.find((error) => error.field === name);
  const fault = errorOf("key");
  const way = wayOut(fault?.code ?? null);

  function change(text: string): void {
    const mended = withLineBreaks(text);
    setKey(mended ?? text);
    setIsMended(mended !== null || (isMended && text !== ""));
    setOwn(null);
    acting.forget();
  }

  function refuse(error: NonNullable<typeof own>): void {
    setOwn(error);
    field.current?.focus();
  }

  async function choose(files: FileList | null): Promise<void> {
    const file = files?.[0];
    if (file === undefined) return;
    if (file.size > LARGEST_FILE) return refuse({ field: "key", code: null, message: `${file.name} is too large to be a public key.` });
    const text = await file.text();
    if (isPrivate(text)) {
      change("");
      return refuse(PRIVATE);
    }
    change(text);
  }

  async function register(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (key.trim() === "") return refuse({ field: "key", code: null, message: "Paste a public key, or choose its file." });
    if (isPrivate(key)) {
      change("");
      return refuse(PRIVATE);
    }
    const input = { projectId, key, ...(keyId.trim() !== "" && { keyId: keyId.trim() }), ...(isPs256 && { algorithm: "PS256" }) };
    if (await acting.act(registerDocument, { input })) goInConsole({ item: null });
    else field.current?.focus();
  }

  return (
    <>
      <form className="card" aria-labelledby="new-key-title" onSubmit={(event) => void register(event)}>
        <h2 id="new-key-title">Add a key</h2>
        <p className="hint">Give the public half; the private one never leaves your backend. A pair is made by:</p>
        <CopyBlock text={NEW_PAIR} what="the commands that make a pair" />
        <TextField
          className="field setting setting-wide"
          value={key}
          onChange={change}
          isInvalid={fault !== undefined}
          validationBehavior="aria"
          autoComplete="off"
        >
          <Label>Public key</Label>
          <TextArea ref={field} className="doctor-token mono" rows={6} dir="ltr" spellCheck="false" autoCapitalize="none" autoCorrect="off" />
          <Text slot="description" className="hint">
            PEM, the base64 of its DER, or a JWK. RSA of 2048 to 4096 bits, P-256 or Ed25519.
          </Text>
          <FieldError className="field-error">{fault?.message}</FieldError>
        </TextField>
        <p className="hint" role="status">
          {isMended && (
            <Prose text="Its line breaks were the two characters `\n` and are put right here. If your provider reads its key from the same place, it has to do that too." />
          )}
        </p>
        {way !== null && (
          <div className="way-out">
            <p className="hint">
              <Prose text={way.words} />
            </p>
            {way.command !== undefined && way.command !== NEW_PAIR && <CopyBlock text={way.command} what="the command" />}
          </div>
        )}
        <FileTrigger acceptedFileTypes={[".pem", ".pub", ".jwk", ".json", ".txt"]} onSelect={(files) => void choose(files)}>
          <Button className="button" data-look="secondary">
            Choose a file…
          </Button>
        </FileTrigger>
        <TextSetting
          label="Key id"
          value={keyId}
          onChange={setKeyId}
          hint="The `kid` that your tokens name. Choose one, such as `shop-2026`: with it, keys can be changed without a break. A JWK brings its own."
          error={errorOf("keyId")?.message}
          isReadOnly={false}
          isCode
        />
        <label className="checkbox-line">
          <input type="checkbox" checked={isPs256} onChange={(event) => setIsPs256(event.target.checked)} />
          <span>
            An RSA key for <code>PS256</code>, not <code>RS256</code>
          </span>
        </label>
        {errorOf("algorithm") !== undefined && <p className="field-error">{errorOf("algorithm")?.message}</p>}
        <Refusal words={errors.find((error) => error.field === null || error.field === "projectId")?.message ?? null} />
        <footer className="card-actions">
          <Button type="submit" className="button" data-look="primary" data-busy={acting.isBusy}>
            {acting.isBusy ? "Registering…" : "Register key"}
          </Button>
          <Button className="button" data-look="quiet" onPress={() => goInConsole({ item: null })}>
            Cancel
          </Button>
        </footer>
      </form>
      {!hasKeySet && <NewKeySet projectId={projectId} reload={reload} />}
    </>
  );
}
