-- When somebody was last there, to the minute. Side by side with migrations/postgres/0011_last_seen.sql.

ALTER TABLE agents ADD COLUMN last_seen_at BIGINT;
