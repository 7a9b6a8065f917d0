import { type FormEvent, type ReactNode, useState } from "react";
import { Button } from "react-aria-components";
import type { FieldError } from "../../engine/administration";
import { useDesk } from "../../ui/context";
import { useAdministration } from "../context";
import { ListSetting, TextSetting } from "../fields";
import { goInConsole } from "../place";
import { Refusal } from "../refusal";
import { originOf } from "../settings/form";
import { createDocument } from "./documents";

/** What a project needs to begin with. Everything else has a default, and is changed in its settings. */
export function NewProject(): ReactNode {
  const administration = useAdministration();
  const desk = useDesk();
  const [name, setName] = useState("");
  const [typedId, setTypedId] = useState<string | null>(null);
  const [allowedOrigins, setOrigins] = useState<readonly string[]>([]);
  const [errors, setErrors] = useState<readonly FieldError[]>([]);
  const [isBusy, setIsBusy] = useState(false);
  const projectId = typedId ?? idFrom(name);
  const errorOf = (field: string) => errors.find((error) => error.field === field)?.message;

  async function create(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (isBusy) return;
    setIsBusy(true);
    const input = { projectId, name, settings: { allowedOrigins: [...allowedOrigins] } };
    const outcome = await administration.change(createDocument, { input }, ({ projectCreate }) => ({
      thing: projectCreate.project,
      userErrors: projectCreate.userErrors,
    }));
    if ("data" in outcome) {
      await desk.refresh();
      return goInConsole({ page: "settings", item: null, projectId: outcome.data.projectId });
    }
    setIsBusy(false);
    setErrors(outcome.errors);
  }

  function change(set: () => void): void {
    set();
    setErrors([]);
  }

  return (
    <form className="card" aria-labelledby="new-project-title" onSubmit={(event) => void create(event)}>
      <h2 id="new-project-title">New project</h2>
      <p className="hint">It starts with authenticated mode on. Its keys come next.</p>
      <TextSetting
        label="Name"
        value={name}
        onChange={(name) => change(() => setName(name))}
        hint="Shown to visitors and agents."
        error={errorOf("name")}
        isReadOnly={false}
      />
      <TextSetting
        label="Site id"
        value={projectId}
        onChange={(id) => change(() => setTypedId(id))}
        hint="The `sid` of the pages: letters, digits, `.`, `_` and `-`. It cannot be changed later; take the old one over if the site had one."
        error={errorOf("projectId")}
        isReadOnly={false}
        isCode
      />
      <ListSetting
        label="Origins"
        hint="Pages that may show the chat. More can follow."
        value={allowedOrigins}
        onChange={(origins) => change(() => setOrigins(origins))}
        error={errorOf("allowedOrigins")}
        isReadOnly={false}
        one="an origin"
        placeholder="https://shop.example"
        empty="None yet."
        read={(text) => {
          const item = originOf(text);
          return item === null ? { fault: "That is no web address. An origin looks like https://shop.example." } : { item };
        }}
      />
      <Refusal words={errors.find(({ field }) => field === null)?.message ?? null} />
      <footer className="card-actions">
        <Button type="submit" className="button" data-look="primary" data-busy={isBusy}>
          {isBusy ? "Creating…" : "Create project"}
        </Button>
        <Button className="button" data-look="quiet" onPress={() => goInConsole({ item: null })}>
          Cancel
        </Button>
      </footer>
    </form>
  );
}

/** A site id from a name, as long as nobody typed one: `Lumen & Fils` gives `lumen-fils`. */
export function idFrom(name: string): string {
  const letters = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return letters
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 64);
}
