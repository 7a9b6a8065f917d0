-- What belongs to identity beyond sessions: an agent's request to prove it, messages from before it, hand-over between domains,
-- and what a page reports. Side by side with migrations/postgres/0008_identity.sql.

-- An agent asks the visitor to confirm who they are; NULL when nothing is asked.
ALTER TABLE conversations ADD COLUMN identity_requested_at BIGINT;
ALTER TABLE conversations ADD COLUMN identity_requested_by BLOB REFERENCES agents (id);
CREATE INDEX conversations_identity_requested ON conversations (identity_requested_at) WHERE identity_requested_at IS NOT NULL;
-- How many messages of this one were added to the conversation in which it goes on; NULL: nobody asked for it.
ALTER TABLE conversations ADD COLUMN messages_added BIGINT;

-- Where a copied text stands, and when it was written there.
ALTER TABLE messages ADD COLUMN copied_from BLOB;
ALTER TABLE messages ADD COLUMN written_at BIGINT;

-- What the page called an anonymous visitor, without proof.
ALTER TABLE visitors ADD COLUMN claimed_id TEXT;

-- The request that revoked a session.
ALTER TABLE sessions ADD COLUMN revoked_by_request TEXT;

-- One-time codes, stored by their SHA-256.
CREATE TABLE hand_overs (
    digest BLOB NOT NULL CONSTRAINT hand_overs_pkey PRIMARY KEY,
    project_id TEXT NOT NULL,
    device_id BLOB NOT NULL,
    visitor_id BLOB NOT NULL,
    origin TEXT NOT NULL,
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX hand_overs_by_expiry ON hand_overs (expires_at);

-- Amounts in millionths.
CREATE TABLE transactions (
    id BLOB NOT NULL CONSTRAINT transactions_pkey PRIMARY KEY,
    project_id TEXT NOT NULL,
    external_id TEXT NOT NULL,
    visitor_id BLOB NOT NULL REFERENCES visitors (id),
    conversation_id BLOB REFERENCES conversations (id),
    amount BIGINT NOT NULL,
    created_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX transactions_once_per_project ON transactions (project_id, external_id);
CREATE INDEX transactions_of_visitor ON transactions (visitor_id, created_at, id);
CREATE INDEX transactions_of_conversation ON transactions (conversation_id, created_at, id) WHERE conversation_id IS NOT NULL;

CREATE TABLE satisfaction_answers (
    conversation_id BLOB NOT NULL CONSTRAINT satisfaction_answers_pkey PRIMARY KEY REFERENCES conversations (id),
    project_id TEXT NOT NULL,
    customer_satisfaction BIGINT,
    net_promoter_score BIGINT,
    comment TEXT,
    answered_at BIGINT NOT NULL
) WITHOUT ROWID;

-- A refused activation has no visitor. SQLite cannot drop a rule of a column, so the table is made anew.
CREATE TABLE events_new (
    project_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    kind TEXT NOT NULL,
    visitor_id BLOB,
    conversation_id BLOB,
    message_sequence BIGINT,
    created_at BIGINT NOT NULL,
    correlation_id TEXT,
    subject BLOB,
    CONSTRAINT events_pkey PRIMARY KEY (project_id, sequence)
) WITHOUT ROWID;
INSERT INTO events_new (project_id, sequence, kind, visitor_id, conversation_id, message_sequence, created_at)
    SELECT project_id, sequence, kind, visitor_id, conversation_id, message_sequence, created_at FROM events;
DROP TABLE events;
ALTER TABLE events_new RENAME TO events;
