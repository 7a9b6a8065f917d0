import { type ReactNode, useEffect, useEffectEvent, useState } from "react";
import type { FieldError } from "../../engine/administration";
import { useDesk } from "../../ui/context";
import { useAdministration } from "../context";
import type { ProjectPage } from "../page";
import { Refusal, Unread, Waiting } from "../refusal";
import { useMay } from "../rights";
import { useLoaded } from "../use-loaded";
import { type Settings, settingsDocument, updateDocument } from "./documents";
import { useDraft } from "./drafts";
import { type Change, changedNames, type Form, formOf, inputOf, realChange } from "./form";
import { Groups } from "./groups";
import { risksOf } from "./risks";
import { SaveBar } from "./save-bar";

export const settingsPage: ProjectPage = {
  of: "project",
  id: "settings",
  title: "Project settings",
  name: "Settings",
  icon: "console",
  needs: "projects:read",
  Mark: UnsavedMark,
  Content: SettingsPage,
};

/** So that nobody forgets on another page what is not saved on this one. */
function UnsavedMark({ projectId }: { projectId: string }): ReactNode {
  const [draft] = useDraft(projectId);
  if (Object.keys(draft).length === 0) return null;
  return (
    <span className="rail-mark">
      <span className="visually-hidden">, not saved yet</span>
    </span>
  );
}

/** Everything that can be set about a project, and the snippet for its pages. */
function SettingsPage({ projectId }: { projectId: string }): ReactNode {
  const administration = useAdministration();
  const { data, refusal, reload, show } = useLoaded<Settings | null>(projectId, async () => {
    const told = await administration.query(settingsDocument, { projectId });
    return "refusal" in told ? told : { data: told.data.project };
  });
  return (
    <div className="console-page">
      <Unread words={refusal} onRetry={reload} />
      {data === null ? refusal === null && <Waiting /> : <Editor settings={data} onSaved={show} />}
    </div>
  );
}

function Editor({ settings, onSaved }: { settings: Settings; onSaved: (settings: Settings) => void }): ReactNode {
  const { projectId } = settings;
  const isReadOnly = !useMay(projectId, "projects:write");
  const [draft, setDraft] = useDraft(projectId);
  const { errors, isBusy, isSaved, save, forget } = useSaving(settings, onSaved);
  const change = realChange(settings, draft);
  const isChanged = Object.keys(change).length > 0;

  useEffect(() => {
    // Somebody else may have saved the same meanwhile.
    if (!isChanged && Object.keys(draft).length > 0) setDraft({});
  });

  function set<Field extends keyof Form>(field: Field, value: Form[Field]): void {
    forget(field);
    setDraft(realChange(settings, { ...draft, [field]: value }));
  }

  const elsewhere = errors.filter(({ field }) => field === null || !(field in settings));
  return (
    <form onSubmit={(event) => event.preventDefault()} className="settings-form" aria-label="Project settings">
      <Groups
        settings={settings}
        form={formOf(settings, change)}
        risks={risksOf(settings, change)}
        isReadOnly={isReadOnly}
        set={set}
        errorOf={(field) => errors.find((error) => error.field === field)?.message}
      />
      <Refusal words={elsewhere[0]?.message ?? null} />
      <SaveBar
        names={isChanged ? changedNames(change) : null}
        risks={risksOf(settings, change)}
        isComplete={!("incomplete" in inputOf(projectId, change))}
        isBusy={isBusy}
        isSaved={isSaved}
        onSave={() => void save(change).then((saved) => saved && setDraft({}))}
        onDiscard={() => {
          setDraft({});
          forget(null);
        }}
      />
    </form>
  );
}

/** Sends changes, and keeps what is wrong with them until it is put right. */
function useSaving(settings: Settings, onSaved: (settings: Settings) => void) {
  const administration = useAdministration();
  const desk = useDesk();
  const [errors, setErrors] = useState<readonly FieldError[]>([]);
  const [isBusy, setIsBusy] = useState(false);
  const [isSaved, setIsSaved] = useState(false);
  const focusFault = useEffectEvent(() => {
    document.querySelector<HTMLElement>(".settings-form [aria-invalid=true], .settings-form [data-invalid] input")?.focus();
  });
  useEffect(() => {
    if (errors.length > 0) focusFault();
  }, [errors]);

  async function save(change: Change): Promise<boolean> {
    const input = inputOf(settings.projectId, change);
    if ("incomplete" in input) {
      setErrors([{ field: input.incomplete, code: null, message: "A whole number, please." }]);
      return false;
    }
    setIsBusy(true);
    const outcome = await administration.change(updateDocument, { input }, ({ projectUpdate }) => ({
      thing: projectUpdate.project,
      userErrors: projectUpdate.userErrors,
    }));
    setIsBusy(false);
    setErrors("errors" in outcome ? outcome.errors : []);
    if ("errors" in outcome) return false;
    onSaved(outcome.data);
    setIsSaved(true);
    if (change.name !== undefined) void desk.refresh();
    return true;
  }

  /** What was wrong with a field is no longer known once it is changed; `null`: with all of them. */
  function forget(field: keyof Form | null): void {
    setIsSaved(false);
    setErrors((errors) => (field === null ? [] : errors.filter((error) => error.field !== field && error.field !== null)));
  }

  return { errors, isBusy, isSaved, save, forget };
}
