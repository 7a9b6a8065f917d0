-- Which platform key a session's token was encrypted to, and what became of each of those keys. Side by side with
-- migrations/sqlite/0014_platform_keys.sql.

-- NULL: not known.
ALTER TABLE sessions ADD COLUMN platform_key TEXT;

-- Keys that custody has or had. The private halves are in custody alone.
CREATE TABLE platform_keys (
    key_id TEXT NOT NULL CONSTRAINT platform_keys_pkey PRIMARY KEY,
    algorithm TEXT NOT NULL,
    public_jwk TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    retired_at BIGINT,
    revoked_at BIGINT
);

-- The right is the platform's owners' alone from now on, and theirs to give: nobody could use it for anything before.
UPDATE api_clients SET scopes = trim(replace(scopes, 'platform:write', ''));
UPDATE access_tokens SET scopes = trim(replace(scopes, 'platform:write', '')) WHERE scopes IS NOT NULL;
