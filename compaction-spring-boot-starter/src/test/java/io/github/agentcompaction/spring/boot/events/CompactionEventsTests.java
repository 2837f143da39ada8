package io.github.agentcompaction.spring.boot.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.agentcompaction.CompactionException;
import io.github.agentcompaction.CompactionFailedException;
import io.github.agentcompaction.CompactionOutcome;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.CompactionTrigger;
import io.github.agentcompaction.CompactionUsage;
import io.github.agentcompaction.Compactor;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.SessionLock;
import io.github.agentcompaction.StagedCompactor;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionAutoConfiguration;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.event.EventListener;

class CompactionEventsTests {

    private static final CompactionUsage USAGE =
            new CompactionUsage(OptionalLong.of(900), OptionalLong.of(300), OptionalLong.of(800), OptionalLong.of(50));

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(
                    AutoConfigurations.of(CompactionAutoConfiguration.class, CompactionEventsAutoConfiguration.class))
            .withBean(Events.class)
            .withPropertyValues("compaction.agents.planner=");

    @Test
    void compaction_isToldWhenItStartsAndWhenItHasEnded() {
        runner.withBean(Compactor.class, Counted::new).run(context -> {
            context.getBean(CompactionTemplate.class).compact("c");

            Events events = context.getBean(Events.class);
            assertThat(events.all).hasSize(2);
            assertThat(events.all.get(0)).isEqualTo(new CompactionStarted("planner", "c", CompactionTrigger.MANUAL));
            assertThat(events.all.get(1)).isInstanceOfSatisfying(CompactionEnded.class, ended -> {
                assertThat(ended.agent()).isEqualTo("planner");
                assertThat(ended.sessionId()).isEqualTo("c");
                assertThat(ended.trigger()).isEqualTo(CompactionTrigger.MANUAL);
                assertThat(ended.outcome()).isEqualTo(CompactionOutcome.COMPACTED);
                assertThat(ended.took()).isPositive();
                assertThat(ended.joined()).isZero();
                assertThat(ended.usage()).isEqualTo(USAGE);
            });
        });
    }

    @Test
    void background_isToldToo() {
        runner.withBean(Compactor.class, Counted::new).run(context -> {
            context.getBean(CompactionTemplate.class)
                    .compactInBackground("c", 0, Duration.ZERO)
                    .get(30, TimeUnit.SECONDS);

            assertThat(context.getBean(Events.class).all)
                    .first()
                    .isEqualTo(new CompactionStarted("planner", "c", CompactionTrigger.BACKGROUND));
        });
    }

    /** One compacts and the other joins, which is told to neither page nor log. */
    @Test
    void taskThatJoins_publishesNothing() {
        runner.withBean(Compactor.class, Counted::new).run(context -> {
            CompactionTemplate template = context.getBean(CompactionTemplate.class);
            SessionCompactionState state = template.state();
            SessionLock lock = state.getLock("c");
            long seen = lock.epoch();
            SessionLock.Lease lease = lock.acquire();
            CompletableFuture<CompactionOutcome> first = template.compactAsync("c", seen);
            CompletableFuture<CompactionOutcome> second = template.compactAsync("c", seen);
            lease.close();

            assertThat(List.of(first.get(30, TimeUnit.SECONDS), second.get(30, TimeUnit.SECONDS)))
                    .containsExactlyInAnyOrder(CompactionOutcome.COMPACTED, CompactionOutcome.JOINED);
            assertThat(context.getBean(Events.class).all)
                    .hasSize(2)
                    .last()
                    .isInstanceOfSatisfying(
                            CompactionEnded.class,
                            ended -> assertThat(ended.joined()).isEqualTo(1));
        });
    }

    @Test
    void backgroundThatDoesNotBegin_publishesNothing() {
        runner.withBean(Compactor.class, Counted::new).run(context -> {
            CompactionTemplate template = context.getBean(CompactionTemplate.class);
            template.background().stop();

            assertThat(template.compactInBackground("c", 0, Duration.ZERO))
                    .isCompletedWithValue(CompactionOutcome.REJECTED);

            assertThat(context.getBean(Events.class).all).isEmpty();
        });
    }

    @Test
    void failure_endsToo_withoutAnyText() {
        runner.withBean(Compactor.class, () -> session -> {
                    throw new IllegalStateException("secret text");
                })
                .run(context -> {
                    assertThatThrownBy(() ->
                                    context.getBean(CompactionTemplate.class).compact("c"))
                            .isInstanceOf(CompactionFailedException.class);

                    assertThat(outcome(context.getBean(Events.class))).isEqualTo(CompactionOutcome.FAILED);
                    assertThat(context.getBean(Events.class).all.toString()).doesNotContain("secret", "[c]", "planner");
                });
    }

    @Test
    void interrupt_endsToo() {
        runner.withBean(Compactor.class, () -> session -> {
                    throw new InterruptedException();
                })
                .run(context -> {
                    assertThatThrownBy(() ->
                                    context.getBean(CompactionTemplate.class).compact("c"))
                            .isInstanceOf(CompactionException.class);
                    Thread.interrupted();

                    assertThat(outcome(context.getBean(Events.class))).isEqualTo(CompactionOutcome.CANCELLED);
                });
    }

    @Test
    void listenerThatThrows_spoilsNothing_andHearsOfTheEnd() {
        runner.withBean(Compactor.class, Counted::new).run(context -> {
            Events events = context.getBean(Events.class);
            events.failing = true;
            CompactionTemplate template = context.getBean(CompactionTemplate.class);

            assertThat(template.compact("c")).isEqualTo(CompactionOutcome.COMPACTED);
            assertThat(events.all)
                    .extracting(event -> (Object) event.getClass())
                    .containsExactly(CompactionStarted.class, CompactionEnded.class);
        });
    }

    private static CompactionOutcome outcome(Events events) {
        assertThat(events.all).hasSize(2);
        return ((CompactionEnded) events.all.get(1)).outcome();
    }

    static final class Events {

        final List<Object> all = new CopyOnWriteArrayList<>();
        volatile boolean failing;

        @EventListener({CompactionStarted.class, CompactionEnded.class})
        public void told(Object event) {
            all.add(event);
            if (failing) {
                throw new IllegalStateException("as a listener should not");
            }
        }
    }

    /** A compactor that tells what it has saved and cost. */
    private static final class Counted implements StagedCompactor {

        @Override
        public Optional<Prepared> prepare(String sessionId) {
            return Optional.of(new Prepared() {
                @Override
                public String summary() {
                    return "summary";
                }

                @Override
                public CompactionUsage usage() {
                    return USAGE;
                }

                @Override
                public boolean apply() {
                    return true;
                }
            });
        }
    }
}
