-- What ends on one node becomes known on every other. Side by side with migrations/postgres/0005_revocation.sql.

-- The place of an end (other than by time) in the order in which a reader can look for what is new.
-- A counter here: there is one writer.
ALTER TABLE sessions ADD COLUMN revocation_position BIGINT;
ALTER TABLE devices ADD COLUMN revocation_position BIGINT;
CREATE INDEX sessions_by_revocation ON sessions (revocation_position) WHERE revocation_position IS NOT NULL;
CREATE INDEX devices_by_revocation ON devices (revocation_position) WHERE revocation_position IS NOT NULL;

-- Revoked in one statement with many others; its thread and its agents have still to be told.
ALTER TABLE sessions ADD COLUMN announce BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX sessions_to_announce ON sessions (id) WHERE announce;
