-- The first complete schema. Side by side with migrations/postgres/0001_initial.sql: same tables, columns and names of
-- uniqueness rules.
--
-- Ids are UUIDs of 16 bytes (version 7, so they are made in ascending order), moments are milliseconds since 1970, words
-- are those of signet-domain, lists and maps are JSON text.
-- Foreign keys stand where checking them is cheap. Tables on the path of every message have none to projects: their
-- project is proved by the row they were made from.

CREATE TABLE projects (
    id TEXT NOT NULL CONSTRAINT projects_pkey PRIMARY KEY,
    name TEXT NOT NULL,
    authenticated_mode TEXT NOT NULL,
    token_profile TEXT NOT NULL,
    claim_prefix TEXT NOT NULL,
    issuers TEXT NOT NULL,
    session_lifetime_ms BIGINT NOT NULL,
    token_max_lifetime_ms BIGINT NOT NULL,
    allowed_origins TEXT NOT NULL,
    created_at BIGINT NOT NULL
) WITHOUT ROWID;

-- Apart from projects, because every event writes it.
CREATE TABLE project_counters (
    project_id TEXT NOT NULL CONSTRAINT project_counters_pkey PRIMARY KEY REFERENCES projects (id),
    event_sequence BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE customer_keys (
    id BLOB NOT NULL CONSTRAINT customer_keys_pkey PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    fingerprint TEXT NOT NULL,
    key_id TEXT,
    public_key BLOB NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX customer_keys_once_per_project ON customer_keys (project_id, fingerprint);

CREATE TABLE agents (
    id BLOB NOT NULL CONSTRAINT agents_pkey PRIMARY KEY,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX agents_email ON agents (email);

CREATE TABLE agent_roles (
    agent_id BLOB NOT NULL REFERENCES agents (id),
    project_id TEXT NOT NULL REFERENCES projects (id),
    role TEXT NOT NULL,
    CONSTRAINT agent_roles_pkey PRIMARY KEY (agent_id, project_id)
) WITHOUT ROWID;

CREATE TABLE api_clients (
    id TEXT NOT NULL CONSTRAINT api_clients_pkey PRIMARY KEY,
    name TEXT NOT NULL,
    project_id TEXT NOT NULL REFERENCES projects (id),
    scopes TEXT NOT NULL,
    secret_hash BLOB NOT NULL,
    created_at BIGINT NOT NULL
) WITHOUT ROWID;

-- Exactly one of agent_id and client_id is set; scopes stand beside client_id.
CREATE TABLE access_tokens (
    hash BLOB NOT NULL CONSTRAINT access_tokens_pkey PRIMARY KEY,
    agent_id BLOB REFERENCES agents (id),
    client_id TEXT REFERENCES api_clients (id),
    scopes TEXT,
    token_use TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    CHECK ((agent_id IS NULL) <> (client_id IS NULL) AND (client_id IS NULL) = (scopes IS NULL))
) WITHOUT ROWID;
CREATE INDEX access_tokens_by_expiry ON access_tokens (expires_at);

CREATE TABLE visitors (
    id BLOB NOT NULL CONSTRAINT visitors_pkey PRIMARY KEY,
    project_id TEXT NOT NULL,
    external_user_id TEXT,
    assurance TEXT NOT NULL,
    verified_at BIGINT,
    lapsed_at BIGINT,
    lapse_reason TEXT,
    attributes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CHECK ((lapsed_at IS NULL) = (lapse_reason IS NULL))
) WITHOUT ROWID;
CREATE UNIQUE INDEX visitors_external_user_id ON visitors (project_id, external_user_id);
CREATE INDEX visitors_by_change ON visitors (project_id, assurance, updated_at, id);

-- Without a foreign key to visitors: an anonymous visitor has no record before the first message, and the credential can
-- be revoked before that.
CREATE TABLE devices (
    id BLOB NOT NULL CONSTRAINT devices_pkey PRIMARY KEY,
    project_id TEXT NOT NULL,
    visitor_id BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX devices_revoked ON devices (expires_at) WHERE revoked_at IS NOT NULL;

CREATE TABLE sessions (
    id BLOB NOT NULL CONSTRAINT sessions_pkey PRIMARY KEY,
    project_id TEXT NOT NULL,
    visitor_id BLOB NOT NULL REFERENCES visitors (id),
    browser_id BLOB,
    verified_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    signing_key TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at BIGINT,
    end_reason TEXT,
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
) WITHOUT ROWID;
CREATE INDEX sessions_live ON sessions (expires_at, id) WHERE ended_at IS NULL;
-- No column that a renewal changes: every page view of a signed-in visitor renews.
CREATE INDEX sessions_of_browser ON sessions (visitor_id, browser_id, id);
CREATE INDEX sessions_ended ON sessions (expires_at) WHERE end_reason <> 'EXPIRED';

-- An ongoing conversation is one that has no closed_at. Every text moves last_activity_at, so only one index of an ongoing
-- conversation holds it; lists that need another order sort the few rows they have.
CREATE TABLE conversations (
    id BLOB NOT NULL CONSTRAINT conversations_pkey PRIMARY KEY,
    project_id TEXT NOT NULL,
    visitor_id BLOB NOT NULL REFERENCES visitors (id),
    created_at BIGINT NOT NULL,
    closed_at BIGINT,
    close_reason TEXT,
    continued_in BLOB REFERENCES conversations (id),
    agent_id BLOB REFERENCES agents (id),
    last_sequence BIGINT NOT NULL,
    last_text_sequence BIGINT NOT NULL,
    last_activity_at BIGINT NOT NULL,
    waiting_since BIGINT,
    unread_count BIGINT NOT NULL,
    read_by_agent BIGINT NOT NULL,
    read_by_visitor BIGINT NOT NULL,
    CHECK ((closed_at IS NULL) = (close_reason IS NULL))
) WITHOUT ROWID;
CREATE UNIQUE INDEX conversations_one_ongoing ON conversations (visitor_id) WHERE closed_at IS NULL;
CREATE INDEX conversations_ongoing ON conversations (project_id, last_activity_at, id) WHERE closed_at IS NULL;
CREATE INDEX conversations_closed ON conversations (project_id, last_activity_at, id) WHERE closed_at IS NOT NULL;
CREATE INDEX conversations_by_closing ON conversations (project_id, closed_at, id) WHERE closed_at IS NOT NULL;
CREATE INDEX conversations_of_visitor ON conversations (visitor_id, created_at, id);
CREATE INDEX conversations_ongoing_of_agent ON conversations (agent_id) WHERE closed_at IS NULL AND agent_id IS NOT NULL;
CREATE INDEX conversations_closed_of_agent ON conversations (agent_id, last_activity_at, id)
    WHERE closed_at IS NOT NULL AND agent_id IS NOT NULL;
CREATE INDEX conversations_continued_in ON conversations (continued_in) WHERE continued_in IS NOT NULL;

-- Exactly one of body and notice is set. agents_only repeats the notice's visibility, so that pages can be cut by it.
CREATE TABLE messages (
    conversation_id BLOB NOT NULL REFERENCES conversations (id),
    sequence BIGINT NOT NULL,
    id BLOB NOT NULL,
    author_type TEXT NOT NULL,
    author_id BLOB,
    author_name TEXT,
    body TEXT,
    notice TEXT,
    agents_only BOOLEAN NOT NULL,
    assurance TEXT,
    verified_at BIGINT,
    session_id BLOB,
    client_message_id BLOB,
    created_at BIGINT NOT NULL,
    CONSTRAINT messages_pkey PRIMARY KEY (conversation_id, sequence),
    CHECK ((body IS NULL) <> (notice IS NULL))
) WITHOUT ROWID;
CREATE UNIQUE INDEX messages_client_message_id ON messages (client_message_id, author_id)
    WHERE client_message_id IS NOT NULL;

CREATE TABLE events (
    project_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    kind TEXT NOT NULL,
    visitor_id BLOB NOT NULL,
    conversation_id BLOB,
    message_sequence BIGINT,
    created_at BIGINT NOT NULL,
    CONSTRAINT events_pkey PRIMARY KEY (project_id, sequence)
) WITHOUT ROWID;
