-- Single use of tokens, what a project's strict profile accepts beyond the vendor's algorithms, and the feed of refused
-- activations. Side by side with migrations/sqlite/0002_token_verification.sql.

-- JSON lists of names as tokens and keys spell them; what is stored already accepted these two.
ALTER TABLE projects ADD COLUMN signature_algorithms TEXT NOT NULL DEFAULT '["RS256"]';
ALTER TABLE projects ADD COLUMN key_management TEXT NOT NULL DEFAULT '["RSA-OAEP-256"]';

-- An RSA key does not say whether it is for RS256 or PS256. NULL: the first algorithm of the key's type.
ALTER TABLE customer_keys ADD COLUMN algorithm TEXT;

-- Tokens that were used. The digest is of issuer and jti: rows of one size, with nothing in them that names a person.
CREATE TABLE replays (
    project_id TEXT COLLATE "C" NOT NULL,
    digest BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    CONSTRAINT replays_pkey PRIMARY KEY (project_id, digest)
);
CREATE INDEX replays_by_expiry ON replays (expires_at);

-- What may be kept of a refused activation. Never a claim of a token whose signature did not verify.
CREATE TABLE authentication_failures (
    id UUID NOT NULL CONSTRAINT authentication_failures_pkey PRIMARY KEY,
    project_id TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    correlation_id TEXT NOT NULL,
    code TEXT NOT NULL,
    fine_code TEXT NOT NULL,
    origin TEXT,
    encryption_key_id TEXT,
    signature_key_id TEXT,
    token_bytes BIGINT,
    part_characters TEXT NOT NULL,
    issuer TEXT,
    issued_at BIGINT,
    expires_at BIGINT
);
CREATE INDEX authentication_failures_newest ON authentication_failures (project_id, created_at, id);

-- The same counted by the minute, which outlives the feed's last 500.
CREATE TABLE authentication_failure_counts (
    project_id TEXT COLLATE "C" NOT NULL,
    minute_at BIGINT NOT NULL,
    code TEXT NOT NULL,
    fine_code TEXT NOT NULL,
    failures BIGINT NOT NULL,
    CONSTRAINT authentication_failure_counts_pkey PRIMARY KEY (project_id, minute_at, code, fine_code)
);
CREATE INDEX authentication_failure_counts_by_age ON authentication_failure_counts (minute_at);
