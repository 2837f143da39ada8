package io.github.agentcompaction.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.agentcompaction.store.LeaseGrant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** Deferred summaries of two replicas. */
class SummaryTest extends DatabaseTest {

    @Test
    void take_byTwoReplicas_givesItToOne_whoMayAskAgain() throws Exception {
        JdbcAgentStore here = store().agent("a");
        JdbcAgentStore there = store().agent("a");
        get(here.put("s", "text"));

        assertThat(get(there.take("s", "t2"))).contains("text");
        assertThat(get(here.take("s", "t1"))).isEmpty();
        assertThat(get(there.take("s", "t2"))).contains("text");
        assertThat(get(there.peek("s"))).isEmpty();
    }

    @Test
    void take_byManyAtOnce_doublesAndLosesNothing() throws Exception {
        List<JdbcAgentStore> replicas = List.of(store().agent("a"), store().agent("a"));
        for (int round = 0; round < 30; round++) {
            get(replicas.get(0).put("s" + round, "text"));
            List<CompletionStage<Optional<String>>> takes = new ArrayList<>();
            for (int taker = 0; taker < 6; taker++) {
                takes.add(replicas.get(taker % 2).take("s" + round, "t" + taker));
                takes.add(replicas.get(taker % 2).take("s" + round, "t" + taker));
            }

            int taken = 0;
            for (CompletionStage<Optional<String>> take : takes) {
                taken += get(take).isPresent() ? 1 : 0;
            }

            assertThat(taken).isEqualTo(2); // one taker, who asked twice
        }
    }

    @Test
    void put_replacesTheOneBefore_alsoATakenOne() throws Exception {
        JdbcAgentStore agent = store().agent("a");

        get(agent.put("s", "first"));
        get(agent.put("s", "second"));
        assertThat(get(agent.take("s", "t1"))).contains("second");
        get(agent.put("s", "third"));

        assertThat(get(agent.take("s", "t1"))).contains("third");
    }

    @Test
    void giveBack_letsItBeTaken_unlessThereIsANewerOne() throws Exception {
        JdbcAgentStore agent = store().agent("a");
        get(agent.put("s", "text"));

        get(agent.take("s", "t1"));
        assertThat(get(agent.giveBack("s", "t2"))).isFalse();
        assertThat(get(agent.peek("s"))).isEmpty();
        assertThat(get(agent.giveBack("s", "t1"))).isTrue();
        assertThat(get(agent.take("s", "t2"))).contains("text");
        get(agent.put("s", "newer"));
        get(agent.take("s", "t3"));
        assertThat(get(agent.giveBack("s", "t2"))).isFalse();

        assertThat(get(agent.peek("s"))).isEmpty();
    }

    @Test
    void peek_leavesItThere_andTellsItsAge() throws Exception {
        JdbcAgentStore agent = store().agent("a");
        assertThat(get(agent.peek("s"))).isEmpty();
        get(agent.put("s", "text"));
        age(Duration.ofMinutes(5));

        assertThat(get(agent.peek("s")).orElseThrow().age()).isBetween(Duration.ofMinutes(5), Duration.ofMinutes(6));
        assertThat(get(agent.peek("s")).orElseThrow().text()).isEqualTo("text");
    }

    @Test
    void discard_saysWhetherThereWasOne() throws Exception {
        JdbcAgentStore agent = store().agent("a");
        get(agent.put("s", "text"));

        assertThat(get(agent.discard("s"))).isTrue();
        assertThat(get(agent.discard("s"))).isFalse();
        get(agent.put("s", "text"));
        get(agent.take("s", "t"));
        assertThat(get(agent.discard("s"))).isFalse();
    }

    @Test
    void summaries_pastTheirTimeToLive_areGone() throws Exception {
        JdbcAgentStore agent = store().agent("a", Duration.ofMinutes(2));
        get(agent.put("s", "text"));
        age(Duration.ofMinutes(1));
        assertThat(get(agent.peek("s"))).isPresent();
        age(Duration.ofMinutes(1));

        assertThat(get(agent.peek("s"))).isEmpty();
        assertThat(get(agent.take("s", "t"))).isEmpty();
        assertThat(get(agent.discard("s"))).isFalse();
    }

    @Test
    void texts_ofAnyCharactersAndLength_comeBack() throws Exception {
        JdbcAgentStore agent = store().agent("a");
        String text = "Grüße 😀\n\t'\"\\ %".repeat(20_000);

        get(agent.put("s", text));
        assertThat(get(agent.take("s", "t"))).contains(text);
        get(agent.put("s", "a\0b"));
        assertThat(get(agent.take("s", "t"))).contains("a\uFFFDb");
        get(agent.put("s", ""));
        assertThat(get(agent.take("s", "t"))).contains("");
    }

    @Test
    void put_inACommit_isRolledBackWithIt() throws Exception {
        JdbcAgentStore agent = store().agent("a");
        LeaseGrant grant = acquired(agent, "s", "r1/1");

        assertThatThrownBy(() -> agent.commit(grant, () -> {
                    assertThat(agent.put("s", "text").toCompletableFuture()).isCompleted();
                    assertThat(agent.put("other", "text").toCompletableFuture()).isCompleted();
                    throw new IllegalArgumentException("no");
                }))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(get(agent.peek("s"))).isEmpty();
        assertThat(get(agent.peek("other"))).isEmpty();

        agent.commit(grant, () -> agent.put("s", "text"));
        assertThat(get(agent.peek("s"))).isPresent();
    }

    /** Moves the summaries into the past. */
    private void age(Duration by) {
        jdbc.update("UPDATE " + prefix + "session SET summary_at = summary_at - ?", by.toMillis());
    }
}
