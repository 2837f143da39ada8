-- One row for each session. Times are milliseconds of the database's clock since 1970, whatever the time zone of a connection.
CREATE TABLE IF NOT EXISTS @@prefix@@session (
    agent VARCHAR(255) NOT NULL,
    session_id VARCHAR(255) NOT NULL,
    epoch BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    version BIGINT NOT NULL,
    owner VARCHAR(200),
    expires_at BIGINT NOT NULL,
    compacted_by VARCHAR(200),
    compacted_at BIGINT,
    summary TEXT,
    summary_at BIGINT,
    taken_by VARCHAR(200),
    touched_at BIGINT NOT NULL,
    PRIMARY KEY (agent, session_id)
);
