-- One row for each session. Times are milliseconds of the database's clock since 1970, whatever the time zone of a connection.
-- Ids are encoded as ASCII and compared byte by byte: other collations would make one session of "Abc" and "abc".
-- Row locks and transactions need InnoDB.
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
    summary LONGTEXT CHARACTER SET utf8mb4,
    summary_at BIGINT,
    taken_by VARCHAR(200),
    touched_at BIGINT NOT NULL,
    PRIMARY KEY (agent, session_id)
) ENGINE=InnoDB CHARACTER SET ascii COLLATE ascii_bin;
