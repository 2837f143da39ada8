package io.github.agentcompaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.Summaries.Popped;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** At most one text for each session, the newest. */
class DeferredSummariesTest extends StateTest {

    private final RecordingListener listener = new RecordingListener();
    private final SessionCompactionState state = state();

    private SessionCompactionState state() {
        return newState().agent("planner").listener(listener).build();
    }

    @Test
    void getSummary_leavesIt() {
        state.storeSummary("s", "text");

        assertThat(state.getSummary("s")).contains("text");
        assertThat(state.getSummary("s")).contains("text");
        assertThat(state.getSummary("t")).isEmpty();
    }

    @Test
    void popSummary_takesItOut() {
        state.storeSummary("s", "text");

        assertThat(state.popSummary("s")).contains("text");
        assertThat(state.popSummary("s")).isEmpty();
        soon(() -> assertThat(listener.events).containsExactly("summaryStored s", "summaryPopped s"));
    }

    @Test
    void popSummary_byManyThreads_oneGetsIt() {
        for (int round = 0; round < rounds(200); round++) {
            state.storeSummary("s", "text");

            List<Future<Optional<String>>> pops = Tasks.startTogether(8, () -> state.popSummary("s"));

            assertThat(Tasks.getAll(pops)).filteredOn(Optional::isPresent).hasSize(1);
        }
    }

    @Test
    void storeSummary_again_newestWins() {
        state.storeSummary("s", "old");
        state.storeSummary("s", "new");

        assertThat(state.popSummary("s")).contains("new");
        assertThat(state.popSummary("s")).isEmpty();
    }

    @Test
    void discardSummary_dropsItUnread() {
        state.storeSummary("s", "text");

        assertThat(state.discardSummary("s")).isTrue();
        assertThat(state.discardSummary("s")).isFalse();
        assertThat(listener.events).containsExactly("summaryStored s", "summaryDropped s DISCARDED");
    }

    @Test
    void giveBack_newerOneThere_keepsTheNewer() {
        state.storeSummary("s", "popped");
        Popped popped = StoreCalls.await(state.pop("s"));
        popped.giveBack().run();
        soon(() -> assertThat(state.getSummary("s")).contains("popped"));
        state.storeSummary("s", "newer");

        popped.giveBack().run();

        assertThat(state.popSummary("s")).contains("newer");
    }

    /** Stored = popped + dropped + waiting. */
    @Test
    void giveBack_newerOneThere_isNotToldAsStored() {
        state.storeSummary("s", "popped");
        Popped popped = StoreCalls.await(state.pop("s"));
        state.storeSummary("s", "newer");

        popped.giveBack().run();
        StoreCalls.await(state.pop("s")).giveBack().run(); // which is told

        soon(() -> assertThat(state.getSummary("s")).contains("newer"));
        soon(() -> assertThat(listener.events("summaryStored")).hasSizeGreaterThanOrEqualTo(3));
        assertThat(listener.events("summaryStored")).hasSize(3);
    }

    @Test
    void states_areIsolated() {
        SessionCompactionState other = state();
        state.storeSummary("s", "text");

        assertThat(other.getSummary("s")).isEmpty();
        assertThat(other.getLock("s")).isNotSameAs(state.getLock("s"));
    }
}
