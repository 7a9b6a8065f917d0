/** What the console asks about a project's audit log. */
import {
  type AuditEventKind,
  auditEventKindsDocument,
  auditEventsDocument,
  type AuditFilter,
  type AuditPage,
} from "../graphql/audit-documents";
import type { Administration, Told } from "./administration";

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
}
