-- When a visitor chose to leave the messages of this conversation where they are; NULL: they did not say so.
-- Side by side with migrations/postgres/0012_earlier_messages.sql.
ALTER TABLE conversations ADD COLUMN messages_declined_at BIGINT;
