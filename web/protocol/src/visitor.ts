/**
 * The visitor API's contract: `docs/visitor-api.md` as types.
 *
 * Generated from `crates/http/src/wire` by `cargo xtask gen`; changes belong there. Times are RFC 3339 in UTC with
 * milliseconds; ids are UUIDs but for `projectId`.
 */

/** How sure Signet is of who wrote something. */
export type Assurance = "ANONYMOUS" | "CLAIMED" | "VERIFIED";

/** Prove identity with a visitor token issued by the brand. */
export interface SecuredAuthentication {
  type: "SECURED_AUTHENTICATION";
  token: string;
}

/** Chat without proof of identity. */
export interface AnonymousAuthentication {
  type: "ANONYMOUS";
}

/** What a provider chooses for this visitor. */
export type AuthenticationOption = SecuredAuthentication | AnonymousAuthentication;

/** Body of `POST /visitor/v1/activate`. */
export interface ActivateRequest {
  projectId: string;
  /** The embedding page's origin as the browser reported it; `null` from clients that are not browsers. */
  origin: string | null;
  authenticationOption: AuthenticationOption;
  /** The session token held, to be upgraded or renewed (also when it has expired). */
  session: string | null;
  /** The device credential held. */
  device: string | null;
  /** Made once and kept with the browser's local storage until sign-out: its pages share one session. */
  browserId?: string | null;
  /** The hand-over code that a link from another domain of the project brought. */
  handOver?: string | null;
  /** The page's `idzCustomData.extID`. */
  extId?: string | null;
  /** The public half of the key that the session is for. Whoever uses its token must then prove to hold the private half. */
  proofKey?: { kty: "EC"; crv: "P-256"; x: string; y: string } | null;
}

/** What became of the conversations when the session opened. */
export type ContinuityOutcome =
  | "NONE"
  | "NEW"
  | "ADOPTED"
  | "RESUMED"
  | "BOTH"
  | "RENEWED"
  | "SWITCHED"
  | "HANDED_OVER";

/** The session as the client sees it. `accessToken` must stay in memory. */
export interface Session {
  accessToken: string;
  sessionId: string;
  visitorId: string;
  assurance: Assurance;
  expiresAt: string;
  /** 80 % of the session's life. */
  renewFrom: string;
  /** 95 % of the session's life. */
  renewUntil: string;
  /** First name from a verified token, else `null`. */
  displayName: string | null;
  /** Can be kept in storage: ends this session at `logout`, and can do nothing else. */
  signOutHandle: string;
  /** What proofs of the session's key may carry as `nonce`; `null` for a session without a key. */
  proofNonce: string | null;
}

/** The project the visitor talks to. */
export interface Project {
  id: string;
  name: string;
}

/** How this session's conversation relates to earlier ones. */
export interface Continuity {
  outcome: ContinuityOutcome;
  /** An anonymous conversation that a sign-in closed, as long as its messages are neither added nor declined. */
  earlierConversationId: string | null;
  earlierClosedAt: string | null;
}

/** Marks an `ActivateSuccess`. */
export type SuccessStatus = "authentication-success";

/** Why an activation failed, coarse enough to tell an attacker nothing. */
export type FailureCode =
  | "TOKEN_MALFORMED"
  | "TOKEN_UNDECRYPTABLE"
  | "TOKEN_SIGNATURE_INVALID"
  | "TOKEN_CLAIMS_INVALID"
  | "TOKEN_EXPIRED"
  | "TOKEN_REPLAYED"
  | "PROJECT_NOT_SET_UP"
  | "ORIGIN_NOT_ALLOWED"
  | "SESSION_KEY_REQUIRED"
  | "OPTION_INVALID"
  | "RATE_LIMITED"
  | "SERVICE_UNAVAILABLE";

/** What would have come of a token. */
export type ObservedStatus = "authentication-success" | "authentication-failure";

/** What would have come of a token if the project's authenticated mode were on. */
export interface ObservedActivation {
  status: ObservedStatus;
  /** `null` for a token that would have been accepted. */
  reason: string | null;
  code: FailureCode | null;
}

/** Answer 200 of `POST /visitor/v1/activate`. */
export interface ActivateSuccess {
  status: SuccessStatus;
  correlationId: string;
  session: Session;
  /** A credential to keep, or `null`: forget what you hold. */
  device: string | null;
  project: Project;
  continuity: Continuity;
  /** In observe mode, what would have come of the token; the session is anonymous either way. */
  observed: ObservedActivation | null;
}

/** Marks an `ActivateFailure`. */
export type FailureStatus = "authentication-failure";

/** Any other answer of `POST /visitor/v1/activate` to a request of the documented form. */
export interface ActivateFailure {
  status: FailureStatus;
  reason: string;
  code: FailureCode;
  correlationId: string;
}

/** Either answer of `POST /visitor/v1/activate`. */
export type ActivateResponse = ActivateSuccess | ActivateFailure;

/** Body of every other refusal. */
export interface ErrorBody {
  code: string;
  message: string;
  correlationId: string;
}

/** Body of `POST /visitor/v1/messages`. The same `clientMessageId` is stored once, however often it is sent. */
export interface SendRequest {
  clientMessageId: string;
  text: string;
  /** In whose session it was written; another's is refused. */
  visitorId?: string | null;
}

/** Answer 201 of `POST /visitor/v1/messages`: the message is durable. */
export interface Acknowledgement {
  clientMessageId: string;
  conversationId: string;
  sequence: number;
  createdAt: string;
  /** It had been stored before: this was a retry. */
  duplicate: boolean;
}

/** Something the system says in a thread, in the reader's own language. */
export type NoticeCode =
  | "VISITOR_SIGNED_IN"
  | "IDENTITY_LAPSED"
  | "IDENTITY_CONFIRMED"
  | "CONVERSATION_CLOSED"
  | "CONTINUED_ELSEWHERE"
  | "IDENTITY_REQUESTED"
  | "IDENTITY_NOT_CONFIRMED"
  | "IDENTITY_REQUEST_UNANSWERED"
  | "EARLIER_MESSAGES_ADDED"
  | "BOT_ANSWERS"
  | "BOT_TRANSFERRED"
  | "BOT_RESUMED"
  | "BOT_FAILED";

/** Who can write an entry. `BOT` is a program, and is to be shown as one. */
export type AuthorType = "VISITOR" | "AGENT" | "BOT" | "SYSTEM";

/** Who wrote an entry. `self` is true for the reading visitor's own. */
export interface Author {
  type: AuthorType;
  name: string | null;
  self: boolean;
}

/** A person's words, or a line by Signet. */
export type EntryKind = "TEXT" | "NOTICE";

/** Where a text stands that the visitor added from before they signed in. */
export interface CopiedFrom {
  conversationId: string;
  writtenAt: string;
}

/** One line of a conversation. `sequence` counts from 1 and may skip. */
export interface Entry {
  conversationId: string;
  sequence: number;
  id: string;
  kind: EntryKind;
  notice: NoticeCode | null;
  text: string | null;
  author: Author;
  /** `null` unless a visitor wrote the entry. */
  assurance: Assurance | null;
  verifiedAt: string | null;
  createdAt: string;
  clientMessageId: string | null;
  /** `null` unless the visitor added the text from an earlier conversation. */
  copiedFrom: CopiedFrom | null;
}

/** Whether a conversation goes on. */
export type ConversationState = "ONGOING" | "CLOSED";

/** The agent in charge of a conversation. */
export interface ConversationAgent {
  name: string;
}

/** An agent asks the visitor to confirm who they are. */
export interface IdentityRequest {
  agent: ConversationAgent;
  requestedAt: string;
  /** When it ends by itself. */
  expiresAt: string;
}

/** A thread between the visitor and the brand. */
export interface Conversation {
  id: string;
  state: ConversationState;
  createdAt: string;
  closedAt: string | null;
  lastSequence: number;
  readByVisitor: number;
  readByAgent: number;
  agent: ConversationAgent | null;
  continuedInId: string | null;
  /** `null` unless an agent asks and has no answer yet. */
  identityRequest: IdentityRequest | null;
}

/** Answer of `GET /visitor/v1/history`. */
export interface HistoryPage {
  /** Ascending. */
  entries: Entry[];
  conversations: Conversation[];
  /** Cursor of the next older page, `null` when there is none. */
  before: string | null;
}

/** Body of `POST /visitor/v1/earlier-messages`. */
export interface EarlierMessagesRequest {
  conversationId: string;
  /** Left out, it says `ADD`. */
  answer?: "ADD" | "DECLINE" | null;
}

/** Answer 200 of `POST /visitor/v1/earlier-messages`. */
export interface EarlierMessages {
  conversationId: string;
  copied: number;
  /** The same had been answered before. */
  duplicate: boolean;
}

/** Body of `POST /visitor/v1/identity-confirmation`. */
export interface IdentityConfirmationRequest {
  conversationId: string;
  outcome: "DECLINED" | "FAILED";
}

/** Body of `POST /visitor/v1/hand-over`: the origin of the page that goes on. */
export interface HandOverRequest {
  origin: string;
}

/** Answer 201 of `POST /visitor/v1/hand-over`. */
export interface HandOver {
  /** For the link's `idzconvid`. */
  code: string;
  expiresAt: string;
}

/** Body of `POST /visitor/v1/transactions`. */
export interface TransactionRequest {
  id: string;
  amount: number;
}

/** Answer 200 of `POST /visitor/v1/transactions`. */
export interface RecordedTransaction {
  /** False for an anonymous visitor who has not written anything. */
  stored: boolean;
  duplicate: boolean;
  /** The conversation it is attributed to. */
  conversationId: string | null;
}

/** Body of `POST /visitor/v1/custom-data`: everything the page says now, in place of what it said before. */
export interface CustomDataRequest {
  customData: { [name: string]: string | number | boolean };
}

/** Answer 200 of `POST /visitor/v1/custom-data`. */
export interface StoredCustomData {
  /** False for an anonymous visitor who has not written anything. */
  stored: boolean;
}

/** Body of `POST /visitor/v1/satisfaction`; at least one answer. */
export interface SatisfactionRequest {
  conversationId: string;
  /** 1 to 5. */
  customerSatisfaction?: number | null;
  /** 0 to 10. */
  netPromoterScore?: number | null;
  comment?: string | null;
}

/** First frame of a client: the session token and the last entry held. */
export interface HelloFrame {
  type: "hello";
  token: string;
  conversationId: string | null;
  sequence: number;
  /** The proof of the session's key, for sessions that are for one. */
  proof?: string | null;
}

/** A message. The same `clientMessageId` is stored once, however often it is sent. */
export interface SendFrame {
  type: "send";
  clientMessageId: string;
  text: string;
  /** In whose session it was written; another's is refused. */
  visitorId?: string | null;
}

/** Everything of the conversation up to `sequence` was seen. */
export interface ReadFrame {
  type: "read";
  conversationId: string;
  sequence: number;
}

/** The visitor is writing. At most one every 3 s; more are ignored. */
export interface TypingFrame {
  type: "typing";
}

/** A session token from a renewal of the same session. */
export interface RenewFrame {
  type: "renew";
  token: string;
}

/** Answered by `pong`. */
export interface PingFrame {
  type: "ping";
}

/** What a client may say on the socket. */
export type ClientFrame = HelloFrame | SendFrame | ReadFrame | TypingFrame | RenewFrame | PingFrame;

/**
 * Answer to `hello`: the entries after the client's cursor. May come again later, with `reset`, when the server had
 * to skip something.
 */
export interface WelcomeFrame {
  type: "welcome";
  sessionId: string;
  visitorId: string;
  assurance: Assurance;
  expiresAt: string;
  conversation: Conversation | null;
  entries: Entry[];
  /** Forget what was held of this visitor; `entries` are the newest 50. */
  reset: boolean;
}

/** A new entry, in sequence order. */
export interface EntryFrame {
  type: "entry";
  entry: Entry;
}

/** A conversation started or closed, or its read marks or agent changed. */
export interface ConversationFrame {
  type: "conversation";
  conversation: Conversation;
}

/** Sent after the durable commit, never before. */
export interface AckFrame {
  type: "ack";
  clientMessageId: string;
  conversationId: string;
  sequence: number;
  createdAt: string;
  /** It had been stored before: this was a retry. */
  duplicate: boolean;
}

/** Why a frame was refused. */
export type RefusedCode =
  | "MESSAGE_EMPTY"
  | "MESSAGE_TOO_LONG"
  | "CLIENT_MESSAGE_ID_INVALID"
  | "VISITOR_CHANGED"
  | "RATE_LIMITED"
  | "FRAME_INVALID"
  | "SERVICE_UNAVAILABLE";

/** A frame was refused; `clientMessageId` names the message when it was a `send`. */
export interface RefusedFrame {
  type: "refused";
  clientMessageId: string | null;
  code: RefusedCode;
  message: string;
}

/** An agent is typing. */
export interface TypingNoticeFrame {
  type: "typing";
  name: string;
}

/** The session goes on. */
export interface RenewedFrame {
  type: "renewed";
  expiresAt: string;
}

/** The session's time has passed; the socket closes with 4403. */
export interface ExpiredFrame {
  type: "expired";
}

/** Answer to `ping`. */
export interface PongFrame {
  type: "pong";
}

/** What the server may say on the socket. */
export type ServerFrame =
  | WelcomeFrame
  | EntryFrame
  | ConversationFrame
  | AckFrame
  | RefusedFrame
  | TypingNoticeFrame
  | RenewedFrame
  | ExpiredFrame
  | PongFrame;

/** The socket's subprotocol. */
export type SocketProtocol = "signet.v1";
