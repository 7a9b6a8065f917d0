-- People's administration and how they prove who they are. Side by side with migrations/postgres/0010_people.sql.

-- An owner of the platform is an owner in every project. An empty password hash is that of somebody who has not chosen one yet.
ALTER TABLE agents ADD COLUMN platform_owner BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE agents ADD COLUMN disabled_at BIGINT;
CREATE INDEX agent_roles_of_project ON agent_roles (project_id, agent_id);

-- One-time links: to choose a password, or, without an agent, to become the first owner. The hash is SHA-256 of 256 bits.
CREATE TABLE invitations (
    hash BLOB NOT NULL CONSTRAINT invitations_pkey PRIMARY KEY,
    agent_id BLOB REFERENCES agents (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX invitations_of_agent ON invitations (agent_id);

-- The secret is encrypted with a key from the keystore. last_step is the last time step that was used: none counts twice.
CREATE TABLE second_factors (
    agent_id BLOB NOT NULL CONSTRAINT second_factors_pkey PRIMARY KEY REFERENCES agents (id),
    secret BLOB NOT NULL,
    confirmed_at BIGINT,
    last_step BIGINT NOT NULL
) WITHOUT ROWID;
CREATE TABLE recovery_codes (
    agent_id BLOB NOT NULL REFERENCES agents (id),
    hash BLOB NOT NULL,
    CONSTRAINT recovery_codes_pkey PRIMARY KEY (agent_id, hash)
) WITHOUT ROWID;

-- Browsers in which somebody has signed in before: others' failed attempts do not hold these back.
CREATE TABLE known_browsers (
    hash BLOB NOT NULL CONSTRAINT known_browsers_pkey PRIMARY KEY,
    agent_id BLOB NOT NULL REFERENCES agents (id),
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX known_browsers_by_expiry ON known_browsers (expires_at);

-- What a person sees of their sessions. Whoever was signed in before this signs in again.
DELETE FROM access_tokens WHERE agent_id IS NOT NULL;
ALTER TABLE access_tokens ADD COLUMN id BLOB;
ALTER TABLE access_tokens ADD COLUMN last_used_at BIGINT;
ALTER TABLE access_tokens ADD COLUMN address TEXT;
ALTER TABLE access_tokens ADD COLUMN user_agent TEXT;
CREATE INDEX access_tokens_of_agent ON access_tokens (agent_id, id) WHERE agent_id IS NOT NULL;
CREATE INDEX access_tokens_of_client ON access_tokens (client_id) WHERE client_id IS NOT NULL;

-- The secret before the last rotation stays good until a moment.
ALTER TABLE api_clients ADD COLUMN revoked_at BIGINT;
ALTER TABLE api_clients ADD COLUMN last_used_at BIGINT;
ALTER TABLE api_clients ADD COLUMN previous_secret_hash BLOB;
ALTER TABLE api_clients ADD COLUMN previous_expires_at BIGINT;
CREATE INDEX api_clients_of_project ON api_clients (project_id, created_at, id);

CREATE TABLE agent_groups (
    id BLOB NOT NULL CONSTRAINT agent_groups_pkey PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX agent_groups_name ON agent_groups (project_id, name);
CREATE TABLE agent_group_members (
    group_id BLOB NOT NULL REFERENCES agent_groups (id),
    agent_id BLOB NOT NULL REFERENCES agents (id),
    CONSTRAINT agent_group_members_pkey PRIMARY KEY (group_id, agent_id)
) WITHOUT ROWID;
