-- The life of customer keys, and which keys are in use. Side by side with
-- migrations/postgres/0007_keys.sql.

-- proof and proved_at are both set or both not, and so are challenge and challenge_expires_at.
ALTER TABLE customer_keys ADD COLUMN proof TEXT;
ALTER TABLE customer_keys ADD COLUMN proved_at BIGINT;
ALTER TABLE customer_keys ADD COLUMN challenge TEXT;
ALTER TABLE customer_keys ADD COLUMN challenge_expires_at BIGINT;
ALTER TABLE customer_keys ADD COLUMN activated_at BIGINT;
ALTER TABLE customer_keys ADD COLUMN retiring_at BIGINT;
ALTER TABLE customer_keys ADD COLUMN revoked_at BIGINT;
-- What was registered so far, the operator registered.
UPDATE customer_keys SET proof = 'OPERATOR', proved_at = created_at, activated_at = created_at;
-- Public keys are public: whoever proves first that a key is theirs has it alone. The operator may say otherwise.
CREATE UNIQUE INDEX customer_keys_one_owner ON customer_keys (fingerprint) WHERE proof IN ('CHALLENGE', 'KEY_SET');
CREATE INDEX customer_keys_by_fingerprint ON customer_keys (fingerprint);
CREATE INDEX customer_keys_by_revocation ON customer_keys (revoked_at) WHERE revoked_at IS NOT NULL;

-- How often a pair of keys opened or renewed a session, by the day (UTC).
CREATE TABLE key_uses (
    project_id TEXT NOT NULL,
    customer_key TEXT NOT NULL,
    platform_key TEXT NOT NULL,
    day_at BIGINT NOT NULL,
    uses BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    CONSTRAINT key_uses_pkey PRIMARY KEY (project_id, customer_key, platform_key, day_at)
) WITHOUT ROWID;
