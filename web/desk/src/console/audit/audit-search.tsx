import { type FormEvent, type ReactNode, useId, useState } from "react";
import { Button } from "react-aria-components";
import type { AuditEventKind } from "../../graphql/audit-documents";
import { TextInput } from "../../ui/text-input";
import { codeInWords } from "../failures/feed";
import { usePeople } from "../people/use-people";
import { useLoaded } from "../use-loaded";
import { categories, categoryNames, type LookedFor, lookFor } from "./looked-for";
import { useAudit } from "./use-events";

interface AuditSearchProps {
  readonly projectId: string;
  readonly lookedFor: LookedFor;
}

/** What happened, who did it, when, and the request by its id. */
export function AuditSearch({ projectId, lookedFor }: AuditSearchProps): ReactNode {
  const audit = useAudit(projectId);
  const { data: kinds } = useLoaded("kinds", () => audit.kinds());
  const { correlationId, about, from, to } = lookedFor;
  return (
    <search className="card audit-search">
      <KindChoice kinds={kinds ?? []} lookedFor={lookedFor} />
      <PersonChoice projectId={projectId} by={lookedFor.by} />
      <DayInput label="From day" value={from} onChange={(from) => lookFor({ from })} />
      <DayInput label="To day" value={to} onChange={(to) => lookFor({ to })} />
      {/* Keyed: what is chosen elsewhere stands in the fields. */}
      <IdInput key={`about ${about ?? ""}`} label="Done to (id)" initial={about ?? ""} onFind={(about) => lookFor({ about })} />
      <IdInput
        key={`request ${correlationId ?? ""}`}
        label="Correlation id"
        initial={correlationId ?? ""}
        onFind={(correlationId) => lookFor({ correlationId })}
      />
    </search>
  );
}

const CATEGORY = "category ";
const KIND = "kind ";

function KindChoice({ kinds, lookedFor: { category, kind } }: { kinds: readonly AuditEventKind[]; lookedFor: LookedFor }): ReactNode {
  const id = useId();
  const value = kind !== null ? KIND + kind : category !== null ? CATEGORY + category : "";
  const isUnknown = kind !== null && !kinds.some((one) => one.kind === kind);

  function choose(choice: string): void {
    lookFor({
      kind: choice.startsWith(KIND) ? choice.slice(KIND.length) : null,
      category: categories.find((one) => choice === CATEGORY + one) ?? null,
    });
  }

  return (
    <div className="field">
      <label htmlFor={id}>What happened</label>
      <select id={id} className="select" value={value} onChange={(event) => choose(event.target.value)}>
        <option value="">Everything</option>
        {isUnknown && <option value={KIND + kind}>{codeInWords(kind)}</option>}
        {categories.map((category) => (
          <optgroup key={category} label={categoryNames[category]}>
            <option value={CATEGORY + category}>{categoryNames[category]}, all</option>
            {kinds
              .filter((one) => one.category === category)
              .map((one) => (
                <option key={one.kind} value={KIND + one.kind}>
                  {codeInWords(one.kind)}
                </option>
              ))}
          </optgroup>
        ))}
      </select>
    </div>
  );
}

function PersonChoice({ projectId, by }: { projectId: string; by: string | null }): ReactNode {
  const people = usePeople(projectId);
  const id = useId();
  const { data: users } = useLoaded(`people ${projectId}`, () => people.users());
  const { data: clients } = useLoaded(`clients ${projectId}`, () => people.clients());
  const known = [...(users ?? []), ...(clients ?? [])];
  return (
    <div className="field">
      <label htmlFor={id}>Done by</label>
      <select id={id} className="select" value={by ?? ""} onChange={(event) => lookFor({ by: event.target.value === "" ? null : event.target.value })}>
        <option value="">Anybody</option>
        {by !== null && !known.some((one) => one.id === by) && <option value={by}>{by}</option>}
        <optgroup label="People">
          {(users ?? []).map((user) => (
            <option key={user.id} value={user.id}>
              {user.name} ({user.email})
            </option>
          ))}
        </optgroup>
        <optgroup label="Programs">
          {(clients ?? []).map((client) => (
            <option key={client.id} value={client.id}>
              {client.name}
            </option>
          ))}
        </optgroup>
      </select>
    </div>
  );
}

function DayInput({ label, value, onChange }: { label: string; value: string | null; onChange: (day: string | null) => void }): ReactNode {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="date"
        value={value ?? ""}
        onChange={(event) => onChange(event.target.value === "" ? null : event.target.value)}
      />
    </div>
  );
}

function IdInput({ label, initial, onFind }: { label: string; initial: string; onFind: (id: string | null) => void }): ReactNode {
  const [text, setText] = useState(initial);

  function submit(event: FormEvent): void {
    event.preventDefault();
    onFind(text.trim() === "" ? null : text.trim());
  }

  return (
    <form className="audit-id" onSubmit={submit}>
      <TextInput label={label} type="search" isMono autoComplete="off" value={text} onChange={setText} />
      <Button type="submit" className="button" data-look="secondary">
        Find<span className="visually-hidden"> by {label.toLowerCase()}</span>
      </Button>
    </form>
  );
}
