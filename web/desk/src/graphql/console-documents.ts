/** Every operation the console sends. Its types are taken from here, never written a second time. */
import { graphql, type ResultOf } from "./tada";

const findingFields = graphql(`
  fragment FindingFields on TokenFinding {
    code
    publicCode
    title
    cause
    fix
    documentationUrl
  }
`);

const failureFields = graphql(
  `
    fragment FailureFields on AuthenticationFailure {
      id
      at
      correlationId
      code
      fineCode
      finding {
        ...FindingFields
      }
      origin
      encryptionKeyId
      signatureKeyId
      tokenBytes
      partCharacters
      issuer
      issuedAt
      expiresAt
    }
  `,
  [findingFields],
);

export const inspectDocument = graphql(
  `
    mutation Inspect($input: TokenInspectInput!) {
      tokenInspect(input: $input) {
        inspection {
          accepted
          steps {
            name
            status
            facts {
              name
              value
            }
          }
          finding {
            ...FindingFields
          }
          claims {
            name
            value
          }
          warnings {
            code
            message
          }
        }
        userErrors {
          message
        }
      }
    }
  `,
  [findingFields],
);

export const failuresDocument = graphql(
  `
    query Failures($projectId: ID!, $filter: AuthenticationFailureFilter!, $first: Int!, $after: String) {
      authenticationFailures(projectId: $projectId, filter: $filter, first: $first, after: $after) {
        nodes {
          ...FailureFields
        }
        pageInfo {
          endCursor
          hasNextPage
        }
      }
    }
  `,
  [failureFields],
);

export const failureCountsDocument = graphql(`
  query FailureCounts($projectId: ID!, $interval: IntervalInput!, $buckets: Int!) {
    authenticationFailureCounts(projectId: $projectId, interval: $interval, buckets: $buckets) {
      from
      to
      count
      codes {
        code
        fineCode
        count
      }
    }
  }
`);

export type Inspection = NonNullable<ResultOf<typeof inspectDocument>["tokenInspect"]["inspection"]>;
export type InspectionStep = Inspection["steps"][number];
export type Finding = NonNullable<Inspection["finding"]>;
export type FailurePage = ResultOf<typeof failuresDocument>["authenticationFailures"];
export type AuthenticationFailure = FailurePage["nodes"][number];
export type FailureCount = ResultOf<typeof failureCountsDocument>["authenticationFailureCounts"][number];
