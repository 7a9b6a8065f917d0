-- How many visitor tokens were accepted, by the minute, as refusals are counted. Side by side with
-- migrations/sqlite/0015_observe.sql.

CREATE TABLE authentication_success_counts (
    project_id TEXT NOT NULL,
    minute_at BIGINT NOT NULL,
    successes BIGINT NOT NULL,
    CONSTRAINT authentication_success_counts_pkey PRIMARY KEY (project_id, minute_at)
);
CREATE INDEX authentication_success_counts_by_minute ON authentication_success_counts (minute_at);
