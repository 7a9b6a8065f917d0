/** What the page of a project's settings asks and changes. */
import { graphql, type ResultOf, type VariablesOf } from "../../graphql/tada";

export const settingsFields = graphql(`
  fragment SettingsFields on Project {
    projectId
    name
    authenticatedMode
    tokenProfile
    claimPrefix
    sessionLifetimeSeconds
    tokenMaxLifetimeSeconds
    tokenLeewaySeconds
    issuers
    signatureAlgorithms
    keyManagement
    allowedOrigins
    allowsLoopback
    requiresSessionKey
    retention {
      conversationsAnonymizedAfterDays
      conversationsDeletedAfterDays
      visitorsAnonymizedAfterDays
      transactionsDeletedAfterDays
      failuresDeletedAfterDays
      eventsDeletedAfterDays
    }
    snippet
    createdAt
    customerKeys {
      id
      keyId
      algorithm
      state
      thumbprint
    }
  }
`);

export const settingsDocument = graphql(
  `
    query Settings($projectId: ID!) {
      project(projectId: $projectId) {
        ...SettingsFields
      }
    }
  `,
  [settingsFields],
);

export const updateDocument = graphql(
  `
    mutation UpdateProject($input: ProjectUpdateInput!) {
      projectUpdate(input: $input) {
        project {
          ...SettingsFields
        }
        userErrors {
          __typename
          message
          field
          ... on InvalidInputUserError {
            code
          }
        }
      }
    }
  `,
  [settingsFields],
);

export type Settings = ResultOf<typeof settingsFields>;
export type UpdateInput = VariablesOf<typeof updateDocument>["input"];
