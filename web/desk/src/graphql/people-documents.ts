/** What the console asks about people, groups, programs and what they did. Its types are taken from here, never written a second time. */
import { userErrorFields } from "./account-documents";
import { graphql, type ResultOf } from "./tada";

const userFields = graphql(`
  fragment UserFields on User {
    id
    email
    name
    role
    roles {
      projectId
      role
    }
    state
    hasSecondFactor
    createdAt
    lastSeenAt
  }
`);

export const usersDocument = graphql(
  `
    query Users($projectId: ID!, $after: String) {
      users(projectId: $projectId, first: 100, after: $after) {
        nodes {
          ...UserFields
        }
        pageInfo {
          endCursor
          hasNextPage
        }
      }
    }
  `,
  [userFields],
);

export const permissionsDocument = graphql(`
  query Permissions {
    permissions {
      scope
      description
      roles
    }
  }
`);

export const inviteDocument = graphql(
  `
    mutation Invite($input: UserInviteInput!) {
      userInvite(input: $input) {
        user {
          ...UserFields
        }
        invitationUrl
        userErrors {
          ...UserErrorFields
        }
      }
    }
  `,
  [userFields, userErrorFields],
);

export const renewInvitationDocument = graphql(
  `
    mutation RenewInvitation($input: UserInvitationRenewInput!) {
      userInvitationRenew(input: $input) {
        user {
          ...UserFields
        }
        invitationUrl
        userErrors {
          ...UserErrorFields
        }
      }
    }
  `,
  [userFields, userErrorFields],
);

export const renameUserDocument = graphql(
  `
    mutation RenameUser($input: UserUpdateInput!) {
      userUpdate(input: $input) {
        user {
          ...UserFields
        }
        userErrors {
          ...UserErrorFields
        }
      }
    }
  `,
  [userFields, userErrorFields],
);

export const setRoleDocument = graphql(
  `
    mutation SetRole($input: UserRoleSetInput!) {
      userRoleSet(input: $input) {
        user {
          ...UserFields
        }
        userErrors {
          ...UserErrorFields
        }
      }
    }
  `,
  [userFields, userErrorFields],
);

export const disableUserDocument = graphql(
  `
    mutation DisableUser($input: UserDisableInput!) {
      userDisable(input: $input) {
        user {
          ...UserFields
        }
        userErrors {
          ...UserErrorFields
        }
      }
    }
  `,
  [userFields, userErrorFields],
);

export const enableUserDocument = graphql(
  `
    mutation EnableUser($input: UserEnableInput!) {
      userEnable(input: $input) {
        user {
          ...UserFields
        }
        userErrors {
          ...UserErrorFields
        }
      }
    }
  `,
  [userFields, userErrorFields],
);

export const resetSecondFactorDocument = graphql(
  `
    mutation ResetSecondFactor($input: UserSecondFactorResetInput!) {
      userSecondFactorReset(input: $input) {
        user {
          ...UserFields
        }
        userErrors {
          ...UserErrorFields
        }
      }
    }
  `,
  [userFields, userErrorFields],
);

const groupFields = graphql(`
  fragment GroupFields on Group {
    id
    name
    memberIds
  }
`);

export const groupsDocument = graphql(
  `
    query Groups($projectId: ID!) {
      groups(projectId: $projectId) {
        ...GroupFields
      }
    }
  `,
  [groupFields],
);

export const createGroupDocument = graphql(
  `
    mutation CreateGroup($input: GroupCreateInput!) {
      groupCreate(input: $input) {
        group {
          ...GroupFields
        }
        userErrors {
          ...UserErrorFields
        }
      }
    }
  `,
  [groupFields, userErrorFields],
);

export const updateGroupDocument = graphql(
  `
    mutation UpdateGroup($input: GroupUpdateInput!) {
      groupUpdate(input: $input) {
        group {
          ...GroupFields
        }
        userErrors {
          ...UserErrorFields
        }
      }
    }
  `,
  [groupFields, userErrorFields],
);

export const removeGroupDocument = graphql(
  `
    mutation RemoveGroup($input: GroupRemoveInput!) {
      groupRemove(input: $input) {
        group {
          ...GroupFields
        }
        userErrors {
          ...UserErrorFields
        }
      }
    }
  `,
  [groupFields, userErrorFields],
);

const clientFields = graphql(`
  fragment ClientFields on ApiClient {
    id
    name
    scopes
    createdAt
    lastUsedAt
    revokedAt
    previousSecretExpiresAt
  }
`);

export const clientsDocument = graphql(
  `
    query Clients($projectId: ID!) {
      apiClients(projectId: $projectId) {
        ...ClientFields
      }
    }
  `,
  [clientFields],
);

export const createClientDocument = graphql(
  `
    mutation CreateClient($input: ApiClientCreateInput!) {
      apiClientCreate(input: $input) {
        apiClient {
          ...ClientFields
        }
        clientSecret
        userErrors {
          ...UserErrorFields
        }
      }
    }
  `,
  [clientFields, userErrorFields],
);

export const updateClientDocument = graphql(
  `
    mutation UpdateClient($input: ApiClientUpdateInput!) {
      apiClientUpdate(input: $input) {
        apiClient {
          ...ClientFields
        }
        userErrors {
          ...UserErrorFields
        }
      }
    }
  `,
  [clientFields, userErrorFields],
);

export const rotateClientSecretDocument = graphql(
  `
    mutation RotateClientSecret($input: ApiClientSecretRotateInput!) {
      apiClientSecretRotate(input: $input) {
        apiClient {
          ...ClientFields
        }
        clientSecret
        userErrors {
          ...UserErrorFields
        }
      }
    }
  `,
  [clientFields, userErrorFields],
);

export const revokeClientDocument = graphql(
  `
    mutation RevokeClient($input: ApiClientRevokeInput!) {
      apiClientRevoke(input: $input) {
        apiClient {
          ...ClientFields
        }
        userErrors {
          ...UserErrorFields
        }
      }
    }
  `,
  [clientFields, userErrorFields],
);

export type User = ResultOf<typeof userFields>;
export type Permission = ResultOf<typeof permissionsDocument>["permissions"][number];
export type Group = ResultOf<typeof groupFields>;
export type Client = ResultOf<typeof clientFields>;
