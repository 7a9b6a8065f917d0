-- Checkpoints of the audit log, one for each chain. Side by side with migrations/sqlite/0006_audit_checkpoints.sql.

DROP TABLE audit_checkpoints;

-- Where a chain ended at a moment, signed with a key of the platform's (JWS compact). Without a foreign key to the event: a
-- checkpoint whose event is gone is how one finds that it is gone.
CREATE TABLE audit_checkpoints (
    chain TEXT COLLATE "C" NOT NULL,
    sequence BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    checkpoint TEXT NOT NULL,
    CONSTRAINT audit_checkpoints_pkey PRIMARY KEY (chain, sequence)
);
