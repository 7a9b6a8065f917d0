import { type FormEvent, type ReactNode, useId, useState } from "react";
import { Button, Input, Label, TextField } from "react-aria-components";
import { lookFor, useLookedFor } from "./looked-for";
import type { CodeTally } from "./spans";

/** Finds failures by the id that was quoted, or by code. The codes on offer are those that occurred. */
export function FailureSearch({ tallies }: { tallies: readonly CodeTally[] }): ReactNode {
  const { correlationId, code, fineCode } = useLookedFor();
  const codeId = useId();
  const isFiltered = correlationId !== null || code !== null || fineCode !== null;
  return (
    <search className="feed-search">
      {/* Keyed: clearing the search from elsewhere empties the field. */}
      <IdSearch key={correlationId ?? ""} initial={correlationId ?? ""} />
      <div className="field feed-code">
        <label htmlFor={codeId}>Code</label>
        <select
          id={codeId}
          className="select"
          value={choiceOf(code, fineCode)}
          onChange={(event) => lookFor(filterOf(event.target.value))}
        >
          <option value="">All codes</option>
          <CodeOptions tallies={tallies} code={code} fineCode={fineCode} />
        </select>
      </div>
      {isFiltered && (
        <Button
          className="button"
          data-look="quiet"
          onPress={() => lookFor({ correlationId: null, code: null, fineCode: null })}
        >
          Show all
        </Button>
      )}
    </search>
  );
}

function IdSearch({ initial }: { initial: string }): ReactNode {
  const [text, setText] = useState(initial);

  function submit(event: FormEvent): void {
    event.preventDefault();
    const correlationId = text.trim();
    lookFor({ correlationId: correlationId === "" ? null : correlationId });
  }

  return (
    <form className="feed-id" onSubmit={submit}>
      <TextField className="field" type="search" value={text} onChange={setText} autoComplete="off">
        <Label>Correlation id</Label>
        <Input className="mono" spellCheck="false" autoCapitalize="none" />
      </TextField>
      <Button type="submit" className="button" data-look="secondary">
        Find
      </Button>
    </form>
  );
}

interface CodeOptionsProps {
  readonly tallies: readonly CodeTally[];
  readonly code: string | null;
  readonly fineCode: string | null;
}

/** By what the page was told, and under it by what was really wrong. */
function CodeOptions({ tallies, code, fineCode }: CodeOptionsProps): ReactNode {
  const codes = [...new Set(tallies.map((one) => one.code))];
  const isMissing =
    (code !== null && !codes.includes(code)) || (fineCode !== null && !tallies.some((one) => one.fineCode === fineCode));
  return (
    <>
      {isMissing && <option value={choiceOf(code, fineCode)}>{fineCode ?? code}</option>}
      {codes.map((code) => (
        <optgroup key={code} label={code}>
          <option value={choiceOf(code, null)}>{code}, all</option>
          {tallies
            .filter((one) => one.code === code && one.fineCode !== code)
            .map((one) => (
              <option key={one.fineCode} value={choiceOf(null, one.fineCode)}>
                {one.fineCode} ({one.count})
              </option>
            ))}
        </optgroup>
      ))}
    </>
  );
}

const CODE = "code ";
const FINE_CODE = "fine ";

function choiceOf(code: string | null, fineCode: string | null): string {
  if (fineCode !== null) return FINE_CODE + fineCode;
  return code === null ? "" : CODE + code;
}

function filterOf(choice: string): { code: string | null; fineCode: string | null } {
  return {
    code: choice.startsWith(CODE) ? choice.slice(CODE.length) : null,
    fineCode: choice.startsWith(FINE_CODE) ? choice.slice(FINE_CODE.length) : null,
  };
}
