-- Whether a project's sessions must be for a key of the client. Side by side with migrations/postgres/0017_session_keys.sql.

ALTER TABLE projects ADD COLUMN requires_session_key BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX projects_demanding_keys ON projects (id) WHERE requires_session_key;
