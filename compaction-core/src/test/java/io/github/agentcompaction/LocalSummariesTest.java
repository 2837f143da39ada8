package io.github.agentcompaction;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * How many summaries this process keeps and for how long, and that a listener is told of each that goes. A store has a time to
 * live of its own, on a clock that no test moves, and no maximum, and drops in silence.
 */
class LocalSummariesTest {

    private static final Duration TTL = Duration.ofMinutes(10);

    private final RecordingListener listener = new RecordingListener();
    private final FakeTicker ticker = new FakeTicker();
    private final SessionCompactionState state = state(3);

    private SessionCompactionState state(long maxSize) {
        return SessionCompactionState.builder()
                .agent("planner")
                .ttl(TTL)
                .maxSize(maxSize)
                .ticker(ticker)
                .listener(listener)
                .build();
    }

    @Test
    void storeSummary_again_dropsTheOlder() {
        state.storeSummary("s", "old");
        state.storeSummary("s", "new");

        assertThat(state.popSummary("s")).contains("new");
        assertThat(listener.events)
                .containsExactly("summaryStored s", "summaryDropped s REPLACED", "summaryStored s", "summaryPopped s");
    }

    @Test
    void ttl_runsFromTheWrite_readingDoesNotProlong() {
        state.storeSummary("s", "text");
        ticker.advance(TTL.minusNanos(1));
        assertThat(state.getSummary("s")).contains("text");

        ticker.advance(Duration.ofNanos(1));

        assertThat(state.getSummary("s")).isEmpty();
        assertThat(state.popSummary("s")).isEmpty();
        assertThat(listener.events).containsExactly("summaryStored s", "summaryDropped s EXPIRED");
    }

    @Test
    void ttl_storedAgain_runsFromTheNewWrite() {
        state.storeSummary("s", "old");
        ticker.advance(TTL.minusNanos(1));
        state.storeSummary("s", "new");
        ticker.advance(TTL.minusNanos(1));

        assertThat(state.popSummary("s")).contains("new");
    }

    @Test
    void maxSize_full_oldestWrittenGoesFirst() {
        state.storeSummary("a", "1");
        state.storeSummary("b", "2");
        state.storeSummary("c", "3");
        state.storeSummary("a", "4"); // now b is the oldest
        state.getSummary("b"); // a peek is no use

        state.storeSummary("d", "5");

        assertThat(state.getSummary("b")).isEmpty();
        assertThat(state.getSummary("a")).contains("4");
        assertThat(state.getSummary("c")).contains("3");
        assertThat(state.getSummary("d")).contains("5");
        assertThat(listener.events("summaryDropped"))
                .containsExactly("summaryDropped a REPLACED", "summaryDropped b SIZE");
    }

    @Test
    void maxSize_manyMoreThanFit_exactlyTheNewestStay() {
        SessionCompactionState large = state(1_000);
        for (int i = 0; i < 5_000; i++) {
            large.storeSummary("s" + i, "text");
            large.getSummary("s0");
        }

        assertThat(large.summaryCount()).isEqualTo(1_000);
        for (int i = 4_000; i < 5_000; i++) {
            assertThat(large.getSummary("s" + i)).isPresent();
        }
    }

    @Test
    void maxSize_expiredOnesGoBeforeLivingOnes() {
        state.storeSummary("a", "1");
        state.storeSummary("b", "2");
        ticker.advance(TTL);
        state.storeSummary("c", "3");
        state.storeSummary("d", "4");
        state.storeSummary("e", "5");

        assertThat(state.summaryCount()).isEqualTo(3);
        assertThat(listener.events("summaryDropped"))
                .containsExactly("summaryDropped a EXPIRED", "summaryDropped b EXPIRED");
    }

    @Test
    void summaryCount_leavesOutTheExpired() {
        state.storeSummary("s", "text");
        ticker.advance(TTL);

        assertThat(state.summaryCount()).isZero();
    }

    /** Whatever happens, every summary that was stored was popped, dropped, or is still there. */
    @Test
    void events_addUp() {
        List<Future<Boolean>> tasks = Tasks.startTogether(4, () -> {
            for (int i = 0; i < 5_000; i++) {
                String session = "s" + i % 7;
                switch (i % 3) {
                    case 0 -> state.storeSummary(session, "text");
                    case 1 -> state.popSummary(session);
                    default -> state.discardSummary(session);
                }
            }
            return true;
        });
        Tasks.getAll(tasks);

        assertThat(listener.events("summaryStored").size())
                .isEqualTo(listener.events("summaryPopped").size()
                        + listener.events("summaryDropped").size()
                        + state.summaryCount());
    }

    @Test
    void inspect_summaryOnly_tellsItsAgeOnTheTicker() {
        state.storeSummary("s", "text");
        ticker.advance(TTL.minusSeconds(1));

        assertThat(state.inspect("s")).hasValueSatisfying(snapshot -> {
            assertThat(snapshot.epoch()).isEmpty();
            assertThat(snapshot.summaryAge()).contains(TTL.minusSeconds(1));
        });
        ticker.advance(Duration.ofSeconds(1));

        assertThat(state.inspect("s")).isEmpty();
    }
}
