import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { Button, Label, TextArea, TextField } from "react-aria-components";
import type { Inspection } from "../../graphql/console-documents";
import { Icon } from "../../ui/icons";
import { useAdministration } from "../context";
import type { ProjectPage } from "../page";
import { InspectionResult } from "./inspection-result";

export const doctorPage: ProjectPage = {
  of: "project",
  id: "doctor",
  title: "Token Doctor",
  name: "Token Doctor",
  icon: "doctor",
  needs: "visitors:authenticate",
  Content: Doctor,
};

/**
 * Says what is wrong with a visitor token. The token is held while the page is shown and nowhere else: not in the
 * address, not in any storage, and the browser is told not to remember the field.
 */
function Doctor({ projectId }: { projectId: string }): ReactNode {
  const administration = useAdministration();
  const [token, setToken] = useState("");
  const [busy, setBusy] = useState(false);
  const [inspection, setInspection] = useState<Inspection | null>(null);
  const [refusal, setRefusal] = useState<string | null>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const result = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    // The answer stands below what was pasted, often out of sight.
    if (inspection !== null) result.current?.focus();
  }, [inspection]);

  async function inspect(): Promise<void> {
    if (busy) return;
    if (token === "") {
      setRefusal("Paste a token first.");
      return field.current?.focus();
    }
    setBusy(true);
    setRefusal(null);
    const told = await administration.inspect(projectId, token);
    setBusy(false);
    if ("data" in told) return setInspection(told.data);
    setInspection(null);
    setRefusal(told.refusal);
  }

  function clear(): void {
    setToken("");
    setInspection(null);
    setRefusal(null);
    field.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey)) return;
    event.preventDefault();
    void inspect();
  }

  return (
    <div className="console-page">
      <section className="card doctor-form" aria-label="Token to inspect">
        <TextField className="field" value={token} onChange={setToken} onKeyDown={onKeyDown} autoComplete="off">
          <Label>Visitor token</Label>
          <TextArea
            ref={field}
            className="doctor-token mono"
            rows={5}
            spellCheck="false"
            autoCapitalize="none"
            autoCorrect="off"
            aria-describedby="doctor-promise"
          />
        </TextField>
        <p id="doctor-promise" className="hint">
          Paste it exactly as it was sent, with any quotes and spaces. It opens no session, does not use the token up,
          and neither Signet nor this browser keeps it.
        </p>
        <div role="alert">
          {refusal !== null && (
            <p className="refusal">
              <Icon name="warning" />
              <span>{refusal}</span>
            </p>
          )}
        </div>
        <div className="doctor-actions">
          <Button className="button" data-look="primary" data-busy={busy} onPress={() => void inspect()}>
            {busy ? "Inspecting…" : "Inspect token"}
          </Button>
          {(token !== "" || inspection !== null) && (
            <Button className="button" data-look="quiet" onPress={clear}>
              Clear
            </Button>
          )}
        </div>
      </section>
      {inspection === null ? <WhatItDoes /> : <InspectionResult inspection={inspection} heading={result} />}
    </div>
  );
}

function WhatItDoes(): ReactNode {
  return (
    <section className="doctor-empty">
      <h2>What the Token Doctor does</h2>
      <p>
        It takes a visitor token through every check of a sign-in, in the same order and with this project's keys and
        settings, and stops at the first that fails. You read what it saw on the way, what is wrong, why, and what to
        change in the program that makes your tokens.
      </p>
      <p>
        Claims appear only when the signature is by an active key of this project. A token that was refused on a page
        has run out by now: make a fresh one, or look for its correlation id under Authentication failures.
      </p>
    </section>
  );
}
