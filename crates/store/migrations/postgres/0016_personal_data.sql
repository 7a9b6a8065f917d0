-- Erasure of visitors and conversations, and what each project keeps for how long. Side by side with
-- migrations/sqlite/0016_personal_data.sql.

-- From anonymized_at on the record names nobody; while erasing, messages, sales and sessions are still to be taken out.
ALTER TABLE visitors ADD COLUMN anonymized_at BIGINT;
ALTER TABLE visitors ADD COLUMN erasing BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX visitors_erasing ON visitors (id) WHERE erasing;
ALTER TABLE conversations ADD COLUMN anonymized_at BIGINT;
ALTER TABLE conversations ADD COLUMN erasing BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX conversations_erasing ON conversations (id) WHERE erasing;
CREATE INDEX conversations_to_anonymize ON conversations (project_id, closed_at, id)
    WHERE closed_at IS NOT NULL AND anonymized_at IS NULL;
CREATE INDEX transactions_by_age ON transactions (project_id, created_at, id);

-- As whom a guest signed in, if a conversation of theirs went along or was closed in favour of another: whoever erases the
-- person erases the guest.
ALTER TABLE visitors ADD COLUMN signed_in_as UUID REFERENCES visitors (id);
CREATE INDEX visitors_signed_in_as ON visitors (signed_in_as) WHERE signed_in_as IS NOT NULL;
UPDATE visitors SET signed_in_as = went.visitor_id FROM (
    SELECT messages.author_id AS guest_id, conversations.visitor_id
        FROM messages JOIN conversations ON conversations.id = messages.conversation_id
        WHERE messages.author_type = 'VISITOR' AND messages.author_id <> conversations.visitor_id
    UNION
    SELECT earlier.visitor_id, later.visitor_id
        FROM conversations AS earlier JOIN conversations AS later ON later.id = earlier.continued_in
        WHERE earlier.visitor_id <> later.visitor_id
) AS went WHERE went.guest_id = visitors.id;

-- A JSON object of numbers of days; what is not named is kept.
ALTER TABLE projects ADD COLUMN retention TEXT NOT NULL DEFAULT '{}';
