/** What the page of a brand's signing keys asks and changes. */
import { graphql, type ResultOf } from "../../graphql/tada";

const challengeFields = graphql(`
  fragment ChallengeFields on KeyChallenge {
    text
    expiresAt
    opensslCommand
    signetCommand
  }
`);

const keyFields = graphql(
  `
    fragment KeyFields on CustomerKey {
      id
      keyId
      thumbprint
      algorithm
      bits
      state
      proof
      provedAt
      challenge {
        ...ChallengeFields
      }
      createdAt
      activatedAt
      retiringAt
      revokedAt
      firstUsedAt
      lastUsedAt
      uses
      share
    }
  `,
  [challengeFields],
);

const keySetFields = graphql(
  `
    fragment KeySetFields on CustomerKeySet {
      address
      provedAt
      challenge {
        ...ChallengeFields
      }
      attemptedAt
      fetchedAt
      failure
      ignoredKeys {
        keyId
        code
      }
    }
  `,
  [challengeFields],
);

const errorFields = graphql(`
  fragment KeyErrorFields on UserError {
    __typename
    message
    field
    ... on InvalidInputUserError {
      code
    }
  }
`);

const keyPayload = graphql(
  `
    fragment KeyPayload on CustomerKeyPayload {
      customerKey {
        ...KeyFields
      }
      userErrors {
        ...KeyErrorFields
      }
    }
  `,
  [keyFields, errorFields],
);

const keySetPayload = graphql(
  `
    fragment KeySetPayload on CustomerKeySetPayload {
      customerKeySet {
        ...KeySetFields
      }
      userErrors {
        ...KeyErrorFields
      }
    }
  `,
  [keySetFields, errorFields],
);

export const keysDocument = graphql(
  `
    query Keys($projectId: ID!) {
      project(projectId: $projectId) {
        authenticatedMode
        customerKeys {
          ...KeyFields
        }
        customerKeySet {
          ...KeySetFields
        }
      }
    }
  `,
  [keyFields, keySetFields],
);

export const registerDocument = graphql(
  `
    mutation RegisterKey($input: CustomerKeyRegisterInput!) {
      payload: customerKeyRegister(input: $input) {
        ...KeyPayload
      }
    }
  `,
  [keyPayload],
);

export const challengeDocument = graphql(
  `
    mutation ChallengeKey($input: CustomerKeyInput!) {
      payload: customerKeyChallenge(input: $input) {
        ...KeyPayload
      }
    }
  `,
  [keyPayload],
);

export const proveDocument = graphql(
  `
    mutation ProveKey($input: CustomerKeyProveInput!) {
      payload: customerKeyProve(input: $input) {
        ...KeyPayload
      }
    }
  `,
  [keyPayload],
);

export const activateDocument = graphql(
  `
    mutation ActivateKey($input: CustomerKeyInput!) {
      payload: customerKeyActivate(input: $input) {
        ...KeyPayload
      }
    }
  `,
  [keyPayload],
);

export const retireDocument = graphql(
  `
    mutation RetireKey($input: CustomerKeyInput!) {
      payload: customerKeyRetire(input: $input) {
        ...KeyPayload
      }
    }
  `,
  [keyPayload],
);

export const revokeDocument = graphql(
  `
    mutation RevokeKey($input: CustomerKeyInput!) {
      payload: customerKeyRevoke(input: $input) {
        ...KeyPayload
      }
    }
  `,
  [keyPayload],
);

/** Tries a key on the last tokens. */
export const tryDocument = graphql(
  `
    mutation TryKey($input: CustomerKeyInput!) {
      payload: customerKeyTry(input: $input) {
        tried
        verified
        notTriable
        oldest
        newest
        userErrors {
          ...KeyErrorFields
        }
      }
    }
  `,
  [errorFields],
);

/** How many sessions the revocation of each key would end. */
export const liveSessionsDocument = graphql(`
  query LiveSessions($projectId: ID!) {
    project(projectId: $projectId) {
      customerKeys {
        id
        liveSessions
      }
    }
  }
`);

export const useKeySetDocument = graphql(
  `
    mutation UseKeySet($input: CustomerKeySetUseInput!) {
      payload: customerKeySetUse(input: $input) {
        ...KeySetPayload
      }
    }
  `,
  [keySetPayload],
);

export const proveKeySetDocument = graphql(
  `
    mutation ProveKeySet($input: CustomerKeySetProveInput!) {
      payload: customerKeySetProve(input: $input) {
        ...KeySetPayload
      }
    }
  `,
  [keySetPayload],
);

export const refreshKeySetDocument = graphql(
  `
    mutation RefreshKeySet($input: CustomerKeySetInput!) {
      payload: customerKeySetRefresh(input: $input) {
        ...KeySetPayload
      }
    }
  `,
  [keySetPayload],
);

export const removeKeySetDocument = graphql(
  `
    mutation RemoveKeySet($input: CustomerKeySetInput!) {
      payload: customerKeySetRemove(input: $input) {
        ...KeySetPayload
      }
    }
  `,
  [keySetPayload],
);

export type Keys = NonNullable<ResultOf<typeof keysDocument>["project"]>;
export type Key = ResultOf<typeof keyFields>;
export type KeySet = ResultOf<typeof keySetFields>;
export type KeyTrial = ResultOf<typeof tryDocument>["payload"];
export type Challenge = ResultOf<typeof challengeFields>;
