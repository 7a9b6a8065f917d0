/** What the console asks about the audit log. Its types are taken from here, never written a second time. */
import { graphql, type ResultOf, type VariablesOf } from "./tada";

export const auditEventsDocument = graphql(`
  query AuditEvents($projectId: ID!, $filter: AuditEventFilter!, $first: Int!, $after: String) {
    auditEvents(projectId: $projectId, filter: $filter, first: $first, after: $after) {
      nodes {
        sequence
        at
        kind
        category
        description
        actor {
          type
          id
          name
        }
        subject {
          type
          id
        }
        address
        correlationId
        details {
          name
          value
        }
        hash
      }
      pageInfo {
        endCursor
        hasNextPage
      }
    }
  }
`);

export const auditEventKindsDocument = graphql(`
  query AuditEventKinds {
    auditEventKinds {
      kind
      category
      description
    }
  }
`);

export const auditExportDocument = graphql(`
  mutation AuditExport($input: AuditExportInput!) {
    auditExport(input: $input) {
      part {
        text
        next
      }
      userErrors {
        message
        field
      }
    }
  }
`);

export type AuditPage = ResultOf<typeof auditEventsDocument>["auditEvents"];
export type AuditEvent = AuditPage["nodes"][number];
export type AuditEventKind = ResultOf<typeof auditEventKindsDocument>["auditEventKinds"][number];
export type AuditExportPart = NonNullable<ResultOf<typeof auditExportDocument>["auditExport"]["part"]>;
export type AuditCategory = AuditEventKind["category"];
export type AuditFilter = VariablesOf<typeof auditEventsDocument>["filter"];
