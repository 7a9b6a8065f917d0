/** What the console asks about a project's audit log. */
import {
  auditExportDocument,
  type AuditEventKind,
  auditEventKindsDocument,
  auditEventsDocument,
  type AuditExportPart,
  type AuditFilter,
  type AuditPage,
} from "../graphql/audit-documents";
import type { Administration, Outcome, Told } from "./administration";

/** Events a page. */
const PAGE = 50;

export class Audit {
  readonly #door: Administration;
  readonly #projectId: string;

  constructor(door: Administration, projectId: string) {
    this.#door = door;
    this.#projectId = projectId;
  }

  /** Newest first, from the one after `after` on. */
  async events(filter: AuditFilter, after: string | null): Promise<Told<AuditPage>> {
    const told = await this.#door.query(auditEventsDocument, { projectId: this.#projectId, filter, first: PAGE, after });
    return "refusal" in told ? told : { data: told.data.auditEvents };
  }

  async kinds(): Promise<Told<readonly AuditEventKind[]>> {
    const told = await this.#door.query(auditEventKindsDocument, {});
    return "refusal" in told ? told : { data: told.data.auditEventKinds };
  }

  /** The whole log as JSON Lines, oldest event first, in pieces. `onPart` hears how many events there are so far. */
  async export(onPart: (events: number) => void): Promise<Outcome<readonly string[]>> {
    const texts: string[] = [];
    let events = 0;
    let after: string | null = null;
    do {
      const input: { projectId: string; after: string | null } = { projectId: this.#projectId, after };
      const part: Outcome<AuditExportPart> = await this.#door.change(auditExportDocument, { input }, ({ auditExport }) => ({
        thing: auditExport.part,
        userErrors: auditExport.userErrors,
      }));
      if ("errors" in part) return part;
      texts.push(part.data.text);
      events += part.data.text.split("\n").length - 1;
      onPart(events);
      after = part.data.next;
    } while (after !== null);
    return { data: texts };
  }
}
