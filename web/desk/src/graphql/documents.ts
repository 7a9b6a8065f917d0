/** Every operation the desk sends. Types of the store are taken from here, never written a second time. */
import { graphql, type ResultOf } from "./tada";

const messageFields = graphql(`
  fragment MessageFields on Message {
    id
    conversationId
    sequence
    kind
    notice
    text
    author {
      type
      id
      name
    }
    assurance
    verifiedAt
    sessionId
    clientMessageId
    copiedFrom {
      conversationId
      writtenAt
    }
    createdAt
  }
`);

const conversationFields = graphql(
  `
    fragment ConversationFields on Conversation {
      id
      project {
        projectId
      }
      visitor {
        visitorId
        firstName
        lastName
        externalUserId
        assurance
      }
      state
      createdAt
      closedAt
      closeReason
      continuedIn {
        id
      }
      agent {
        id
        name
      }
      bot {
        name
      }
      identity {
        state
        verifiedAt
        lapsedAt
        lapseReason
      }
      identityRequest {
        requestedBy {
          id
          name
        }
        requestedAt
        expiresAt
      }
      lastMessage {
        ...MessageFields
      }
      lastActivityAt
      lastSequence
      waiting
      waitingSince
      unreadCount
      readByAgent
      readByVisitor
    }
  `,
  [messageFields],
);

export const startDocument = graphql(`
  query Start {
    viewer {
      kind
      id
      name
      email
      ownsPlatform
      rights {
        projectId
        role
        scopes
      }
    }
    projects(first: 100) {
      nodes {
        projectId
        name
        eventCursor
        counts {
          waiting
          mine
          ongoing
          closed
        }
      }
    }
  }
`);

export const countsDocument = graphql(`
  query Counts($projectId: ID!) {
    project(projectId: $projectId) {
      projectId
      counts {
        waiting
        mine
        ongoing
        closed
      }
    }
  }
`);

export const listDocument = graphql(
  `
    query List($projectId: ID!, $filter: ConversationFilter!, $first: Int!, $after: String) {
      conversations(projectId: $projectId, filter: $filter, first: $first, after: $after) {
        nodes {
          ...ConversationFields
        }
        pageInfo {
          endCursor
          hasNextPage
        }
      }
    }
  `,
  [conversationFields],
);

export const threadDocument = graphql(
  `
    query Thread($id: UUID!, $last: Int!) {
      conversation(id: $id) {
        ...ConversationFields
        continuedFrom {
          id
        }
        messages(last: $last) {
          nodes {
            ...MessageFields
          }
          pageInfo {
            startCursor
            hasPreviousPage
          }
        }
      }
    }
  `,
  [conversationFields, messageFields],
);

export const earlierDocument = graphql(
  `
    query Earlier($id: UUID!, $last: Int!, $before: String!) {
      conversation(id: $id) {
        messages(last: $last, before: $before) {
          nodes {
            ...MessageFields
          }
          pageInfo {
            startCursor
            hasPreviousPage
          }
        }
      }
    }
  `,
  [messageFields],
);

export const profileDocument = graphql(
  `
    query Profile($id: UUID!) {
      visitor(id: $id) {
        visitorId
        externalUserId
        claimedId
        assurance
        verifiedAt
        createdAt
        attributes {
          name
          value
          source
          updatedAt
        }
        customData {
          key
          value
          type
          updatedAt
        }
        conversations(first: 20) {
          nodes {
            ...ConversationFields
          }
        }
      }
    }
  `,
  [conversationFields],
);

const userErrorFields = graphql(`
  fragment UserErrorFields on UserError {
    __typename
    message
  }
`);

export const sendDocument = graphql(
  `
    mutation Send($input: MessageSendInput!) {
      messageSend(input: $input) {
        message {
          ...MessageFields
        }
        userErrors {
          ...UserErrorFields
        }
      }
    }
  `,
  [messageFields, userErrorFields],
);

export const closeDocument = graphql(
  `
    mutation Close($input: ConversationCloseInput!) {
      conversationClose(input: $input) {
        conversation {
          ...ConversationFields
        }
        userErrors {
          ...UserErrorFields
        }
      }
    }
  `,
  [conversationFields, userErrorFields],
);

export const confirmIdentityDocument = graphql(
  `
    mutation ConfirmIdentity($input: IdentityConfirmationRequestInput!) {
      identityConfirmationRequest(input: $input) {
        conversation {
          ...ConversationFields
        }
        userErrors {
          ...UserErrorFields
        }
      }
    }
  `,
  [conversationFields, userErrorFields],
);

export const markReadDocument = graphql(
  `
    mutation MarkRead($input: ConversationMarkReadInput!) {
      conversationMarkRead(input: $input) {
        conversation {
          ...ConversationFields
        }
        userErrors {
          ...UserErrorFields
        }
      }
    }
  `,
  [conversationFields, userErrorFields],
);

export const typingDocument = graphql(
  `
    mutation Typing($input: ConversationTypingInput!) {
      conversationTyping(input: $input) {
        userErrors {
          ...UserErrorFields
        }
      }
    }
  `,
  [userErrorFields],
);

export const eventsDocument = graphql(
  `
    subscription Events($projectId: ID!, $after: Long) {
      conversationEvents(projectId: $projectId, after: $after) {
        cursor
        kind
        conversation {
          ...ConversationFields
        }
        message {
          ...MessageFields
        }
      }
    }
  `,
  [conversationFields, messageFields],
);

export type { ResultOf };
export type Message = ResultOf<typeof messageFields>;
export type Conversation = ResultOf<typeof conversationFields>;
export type ConversationEvent = ResultOf<typeof eventsDocument>["conversationEvents"];
export type Start = ResultOf<typeof startDocument>;
export type Viewer = Start["viewer"];
export type Project = Start["projects"]["nodes"][number];
export type Counts = Project["counts"];
export type VisitorProfile = NonNullable<ResultOf<typeof profileDocument>["visitor"]>;
export type NoticeCode = NonNullable<Message["notice"]>;
export type Assurance = NonNullable<Message["assurance"]>;
