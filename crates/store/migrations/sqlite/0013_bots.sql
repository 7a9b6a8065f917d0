-- Programs that answer visitors. Side by side with migrations/postgres/0013_bots.sql.

-- The secret is encrypted with a key from the keystore. A bot that was removed keeps its row: threads name it.
CREATE TABLE bots (
    id BLOB NOT NULL CONSTRAINT bots_pkey PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    secret BLOB NOT NULL,
    enabled BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    removed_at BIGINT
) WITHOUT ROWID;
CREATE INDEX bots_of_project ON bots (project_id, created_at, id) WHERE removed_at IS NULL;

-- The bot that answers now. Set only while no agent is in charge.
ALTER TABLE conversations ADD COLUMN bot_id BLOB REFERENCES bots (id);

-- What a bot was told of a conversation, which of its replies are still to be run, and who is at it. due_at is NULL when there is
-- nothing to do before something happens. Without a foreign key to bots: the row goes when the bot has no more to do.
CREATE TABLE bot_conversations (
    conversation_id BLOB NOT NULL CONSTRAINT bot_conversations_pkey PRIMARY KEY REFERENCES conversations (id),
    bot_id BLOB NOT NULL,
    stage TEXT NOT NULL,
    told_sequence BIGINT NOT NULL,
    told_standing TEXT NOT NULL,
    replies TEXT NOT NULL,
    wait_until BIGINT,
    due_at BIGINT,
    claim BLOB,
    claimed_until BIGINT
) WITHOUT ROWID;
CREATE INDEX bot_conversations_due ON bot_conversations (due_at) WHERE due_at IS NOT NULL;
