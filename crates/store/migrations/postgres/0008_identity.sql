-- What belongs to identity beyond sessions: an agent's request to prove it, messages from before it, hand-over between domains,
-- and what a page reports. Side by side with migrations/sqlite/0008_identity.sql.

-- An agent asks the visitor to confirm who they are; NULL when nothing is asked.
ALTER TABLE conversations ADD COLUMN identity_requested_at BIGINT;
ALTER TABLE conversations ADD COLUMN identity_requested_by UUID REFERENCES agents (id);
CREATE INDEX conversations_identity_requested ON conversations (identity_requested_at) WHERE identity_requested_at IS NOT NULL;
-- How many messages of this one were added to the conversation in which it goes on; NULL: nobody asked for it.
ALTER TABLE conversations ADD COLUMN messages_added BIGINT;

-- Where a copied text stands, and when it was written there.
ALTER TABLE messages ADD COLUMN copied_from UUID;
ALTER TABLE messages ADD COLUMN written_at BIGINT;

-- What the page called an anonymous visitor, without proof.
ALTER TABLE visitors ADD COLUMN claimed_id TEXT COLLATE "C";

-- The request that revoked a session.
ALTER TABLE sessions ADD COLUMN revoked_by_request TEXT;

-- One-time codes, stored by their SHA-256.
CREATE TABLE hand_overs (
    digest BYTEA NOT NULL CONSTRAINT hand_overs_pkey PRIMARY KEY,
    project_id TEXT COLLATE "C" NOT NULL,
    device_id UUID NOT NULL,
    visitor_id UUID NOT NULL,
    origin TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX hand_overs_by_expiry ON hand_overs (expires_at);

-- Amounts in millionths.
CREATE TABLE transactions (
    id UUID NOT NULL CONSTRAINT transactions_pkey PRIMARY KEY,
    project_id TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    visitor_id UUID NOT NULL REFERENCES visitors (id),
    conversation_id UUID REFERENCES conversations (id),
    amount BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX transactions_once_per_project ON transactions (project_id, external_id);
CREATE INDEX transactions_of_visitor ON transactions (visitor_id, created_at, id);
CREATE INDEX transactions_of_conversation ON transactions (conversation_id, created_at, id) WHERE conversation_id IS NOT NULL;

CREATE TABLE satisfaction_answers (
    conversation_id UUID NOT NULL CONSTRAINT satisfaction_answers_pkey PRIMARY KEY REFERENCES conversations (id),
    project_id TEXT COLLATE "C" NOT NULL,
    customer_satisfaction BIGINT,
    net_promoter_score BIGINT,
    comment TEXT,
    answered_at BIGINT NOT NULL
);

-- A refused activation has no visitor.
ALTER TABLE events ALTER COLUMN visitor_id DROP NOT NULL;
ALTER TABLE events ADD COLUMN correlation_id TEXT;
ALTER TABLE events ADD COLUMN subject UUID;
