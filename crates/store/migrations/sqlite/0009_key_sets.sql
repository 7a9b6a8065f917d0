-- Where brands publish their signing keys. Side by side with migrations/postgres/0009_key_sets.sql.

-- Apart from projects, because every attempt to fetch writes it. ignored is a JSON list of pairs.
CREATE TABLE customer_key_sets (
    project_id TEXT NOT NULL CONSTRAINT customer_key_sets_pkey PRIMARY KEY REFERENCES projects (id),
    address TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    proved_at BIGINT,
    challenge TEXT,
    challenge_expires_at BIGINT,
    attempted_at BIGINT,
    demanded_at BIGINT,
    fetched_at BIGINT,
    failure TEXT,
    ignored TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX customer_key_sets_by_attempt ON customer_key_sets (attempted_at) WHERE proved_at IS NOT NULL;
