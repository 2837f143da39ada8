package io.github.agentcompaction.jdbc;

import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.mockito.Mockito.mock;

import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcOperations;

/** A DataSource whose reads go to a replica of the database that is behind: an error, not an endless loop. */
class ReadReplicaTest {

    private static final RowKey KEY = RowKey.ofHistory("s");

    /** Finds and changes nothing. */
    private final SessionTable table =
            new SessionTable(mock(JdbcOperations.class), new Sql(Platform.POSTGRESQL, "compaction_session", null));

    @Test
    void rowsThatAreNeverFound_areAnError() {
        assertThatIllegalStateException()
                .isThrownBy(() -> table.acquire(KEY, "r1/1", 1000))
                .withMessageContaining("asks the primary only");
        assertThatIllegalStateException().isThrownBy(() -> table.lock(KEY));
        assertThatIllegalStateException().isThrownBy(() -> table.summaries().put(KEY, "text"));
    }
}
