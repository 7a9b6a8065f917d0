-- How far the clocks of token provider and platform may differ, a setting of each project: so far it was five seconds for all.
-- Side by side with migrations/postgres/0003_token_leeway.sql.

ALTER TABLE projects ADD COLUMN token_leeway_ms BIGINT NOT NULL DEFAULT 5000;
