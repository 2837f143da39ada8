package io.github.agentcompaction.jdbc;

import io.github.agentcompaction.store.StoreKeys;

/**
 * The primary key of a session's row, in ASCII: databases differ in case, trailing blanks and NUL.
 *
 * @param agent the namespace and agent, encoded, or {@link #HISTORY}
 * @param session the session's id, encoded
 */
record RowKey(String agent, String session) {

    /** Stands for every agent that writes to a history. No encoded name has a percent sign before an "h". */
    static final String HISTORY = "%history";

    private static final int COLUMN_LENGTH = 255;

    static RowKey of(String agent, String sessionId) {
        return new RowKey(agent, StoreKeys.encode(sessionId));
    }

    static RowKey ofHistory(String sessionId) {
        return of(HISTORY, sessionId);
    }

    /** {@return the value of the column for an agent} */
    static String agent(String namespace, String agent) {
        String both = StoreKeys.encode(namespace) + ":" + StoreKeys.encode(agent);
        // Encoded once more it has no colon and ends in a hash, so it equals none that is short enough.
        return both.length() <= COLUMN_LENGTH ? both : StoreKeys.encode(both);
    }

    /** {@return both columns as one text, for signals} */
    String asText() {
        return agent + " " + session;
    }
}
