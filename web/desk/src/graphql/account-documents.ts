/** What people ask about and change of their own account. Its types are taken from here, never written a second time. */
import { graphql, type ResultOf } from "./tada";

/** What is wrong with the input of a mutation. */
export const userErrorFields = graphql(`
  fragment UserErrorFields on UserError {
    message
    field
    ... on InvalidInputUserError {
      code
    }
  }
`);

export const accountDocument = graphql(`
  query Account {
    viewer {
      secondFactor {
        since
        recoveryCodesLeft
      }
      sessions {
        id
        kind
        current
        createdAt
        lastUsedAt
        expiresAt
        address
        userAgent
      }
    }
  }
`);

export const renameOneselfDocument = graphql(
  `
    mutation RenameOneself($input: ViewerUpdateInput!) {
      viewerUpdate(input: $input) {
        viewer {
          name
        }
        userErrors {
          ...UserErrorFields
        }
      }
    }
  `,
  [userErrorFields],
);

export const changePasswordDocument = graphql(
  `
    mutation ChangePassword($input: ViewerPasswordChangeInput!) {
      viewerPasswordChange(input: $input) {
        userErrors {
          ...UserErrorFields
        }
      }
    }
  `,
  [userErrorFields],
);

export const beginSecondFactorDocument = graphql(
  `
    mutation BeginSecondFactor($input: SecondFactorBeginInput!) {
      secondFactorBegin(input: $input) {
        setup {
          secret
          uri
          qrCode {
            size
            path
          }
        }
        userErrors {
          ...UserErrorFields
        }
      }
    }
  `,
  [userErrorFields],
);

export const confirmSecondFactorDocument = graphql(
  `
    mutation ConfirmSecondFactor($input: SecondFactorConfirmInput!) {
      secondFactorConfirm(input: $input) {
        recoveryCodes
        userErrors {
          ...UserErrorFields
        }
      }
    }
  `,
  [userErrorFields],
);

export const disableSecondFactorDocument = graphql(
  `
    mutation DisableSecondFactor($input: SecondFactorDisableInput!) {
      secondFactorDisable(input: $input) {
        userErrors {
          ...UserErrorFields
        }
      }
    }
  `,
  [userErrorFields],
);

export const renewRecoveryCodesDocument = graphql(
  `
    mutation RenewRecoveryCodes($input: RecoveryCodesRenewInput!) {
      recoveryCodesRenew(input: $input) {
        recoveryCodes
        userErrors {
          ...UserErrorFields
        }
      }
    }
  `,
  [userErrorFields],
);

export const revokeSessionDocument = graphql(
  `
    mutation RevokeSession($input: ViewerSessionRevokeInput!) {
      viewerSessionRevoke(input: $input) {
        userErrors {
          ...UserErrorFields
        }
      }
    }
  `,
  [userErrorFields],
);

export const revokeOtherSessionsDocument = graphql(
  `
    mutation RevokeOtherSessions {
      viewerOtherSessionsRevoke {
        ended
        userErrors {
          ...UserErrorFields
        }
      }
    }
  `,
  [userErrorFields],
);

export type Account = ResultOf<typeof accountDocument>["viewer"];
export type OwnSession = Account["sessions"][number];
export type SecondFactorSetup = NonNullable<ResultOf<typeof beginSecondFactorDocument>["secondFactorBegin"]["setup"]>;
