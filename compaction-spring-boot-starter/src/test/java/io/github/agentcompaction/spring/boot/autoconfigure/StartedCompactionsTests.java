package io.github.agentcompaction.spring.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class StartedCompactionsTests {

    private final StartedCompactions<String> compactions = new StartedCompactions<>();

    @Test
    void ended_givesWhatWasKept_once() {
        compactions.started("planner", "s", "kept");
        assertThat(compactions.running()).isEqualTo(1);

        assertThat(compactions.ended("planner", "s")).isEqualTo("kept");
        assertThat(compactions.ended("planner", "s")).isNull();
        assertThat(compactions.running()).isZero();
    }

    @Test
    void ended_ofAnotherSessionOrAgent_isNotMeant() {
        compactions.started("planner", "s", "kept");

        assertThat(compactions.ended("planner", "other")).isNull();
        assertThat(compactions.ended("researcher", "s")).isNull();
        assertThat(compactions.ended("planner", "s")).isEqualTo("kept");
    }

    @Test
    void nested_innerEndsFirst() {
        compactions.started("planner", "outer", "o");
        compactions.started("planner", "inner", "i");
        assertThat(compactions.running()).isEqualTo(2);

        assertThat(compactions.ended("planner", "inner")).isEqualTo("i");
        assertThat(compactions.ended("planner", "outer")).isEqualTo("o");
    }

    @Test
    void otherThread_hasNotStartedIt() throws Exception {
        compactions.started("planner", "s", "kept");

        assertThat(CompletableFuture.supplyAsync(() -> compactions.ended("planner", "s") == null)
                        .get(10, TimeUnit.SECONDS))
                .isTrue();
        assertThat(compactions.running()).isEqualTo(1);
    }
}
