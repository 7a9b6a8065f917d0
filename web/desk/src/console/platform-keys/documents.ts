/** What the page of the platform's own keys asks and changes. */
import { graphql, type ResultOf } from "../../graphql/tada";

const keyFields = graphql(`
  fragment PlatformKeyFields on PlatformKey {
    keyId
    algorithm
    state
    createdAt
    retiringAt
    revokedAt
    firstUsedAt
    lastUsedAt
    uses
    projects {
      projectId
      uses
      lastUsedAt
    }
  }
`);

const errorFields = graphql(`
  fragment PlatformKeyErrorFields on UserError {
    __typename
    message
    field
    ... on InvalidInputUserError {
      code
    }
  }
`);

export const platformKeysDocument = graphql(
  `
    query PlatformKeys {
      platformKeys {
        ...PlatformKeyFields
      }
    }
  `,
  [keyFields],
);

export const createPlatformKeyDocument = graphql(
  `
    mutation CreatePlatformKey($input: PlatformKeyCreateInput!) {
      payload: platformKeyCreate(input: $input) {
        userErrors {
          ...PlatformKeyErrorFields
        }
      }
    }
  `,
  [errorFields],
);

export const retirePlatformKeyDocument = graphql(
  `
    mutation RetirePlatformKey($input: PlatformKeyInput!) {
      payload: platformKeyRetire(input: $input) {
        userErrors {
          ...PlatformKeyErrorFields
        }
      }
    }
  `,
  [errorFields],
);

export const revokePlatformKeyDocument = graphql(
  `
    mutation RevokePlatformKey($input: PlatformKeyInput!) {
      payload: platformKeyRevoke(input: $input) {
        userErrors {
          ...PlatformKeyErrorFields
        }
      }
    }
  `,
  [errorFields],
);

export type PlatformKey = ResultOf<typeof keyFields>;
