-- The audit log. Side by side with migrations/sqlite/0004_audit.sql.

-- Append-only. One chain for each project and one, named by the empty text, for the platform. Hashes are SHA-256 of the
-- canonical text of the row, in which the hash of the row before stands (docs/audit-log.md).
CREATE TABLE audit_events (
    chain TEXT COLLATE "C" NOT NULL,
    sequence BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    actor_type TEXT NOT NULL,
    actor_id TEXT,
    actor_name TEXT,
    subject_type TEXT,
    subject_id TEXT,
    address TEXT,
    correlation_id TEXT,
    details TEXT NOT NULL,
    previous_hash BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    CONSTRAINT audit_events_pkey PRIMARY KEY (chain, sequence)
);

-- Where each chain ends, and where it begins since older rows were removed. Written with every event: pages stay nearly
-- empty, so that updates stay on their page (HOT).
CREATE TABLE audit_chains (
    chain TEXT COLLATE "C" NOT NULL CONSTRAINT audit_chains_pkey PRIMARY KEY,
    sequence BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    removed_sequence BIGINT NOT NULL,
    removed_hash BYTEA NOT NULL
) WITH (fillfactor = 10);

-- The ends of all chains at a moment, signed with a key of the platform's. JSON text.
CREATE TABLE audit_checkpoints (
    number BIGINT NOT NULL CONSTRAINT audit_checkpoints_pkey PRIMARY KEY,
    created_at BIGINT NOT NULL,
    checkpoint TEXT NOT NULL
);
