package io.github.agentcompaction.spring.boot.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.github.agentcompaction.CompactedReply;
import io.github.agentcompaction.CompactionOutcome;
import io.github.agentcompaction.LeaseLostException;
import io.github.agentcompaction.SessionLock;
import io.github.agentcompaction.spring.boot.metrics.CompactionMetrics;
import io.github.agentcompaction.spring.boot.metrics.CompactionMetricsAutoConfiguration;
import io.github.agentcompaction.store.StoredSession;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

/** Two contexts on one database are two replicas. */
class JdbcReplicasTests {

    private final TestDatabase database = new TestDatabase();
    private final AtomicInteger summaries = new AtomicInteger();
    private final ApplicationContextRunner replica =
            Replicas.jdbc(database).withBean(ChatModel.class, () -> Replicas.summarizer(summaries));
    private final ExecutorService threads = Executors.newFixedThreadPool(16);

    @AfterEach
    void close() throws SQLException {
        threads.shutdownNow();
        database.close();
    }

    @Test
    void appends_ofBoth_loseAndDoubleNothing() {
        both((one, two) -> {
            List<Callable<String>> tasks = new ArrayList<>();
            List<String> texts = new ArrayList<>();
            for (int task = 0; task < 16; task++) {
                ApplicationContext replica = task % 2 == 0 ? one : two;
                List<String> own = IntStream.range(0, 10)
                        .mapToObj(i -> Thread.currentThread() + "-" + i)
                        .toList();
                int number = task;
                texts.addAll(own.stream().map(text -> number + text).toList());
                tasks.add(() -> {
                    own.forEach(text -> Replicas.add(replica, "c", number + text));
                    return "done";
                });
            }

            atOnce(tasks);

            assertThat(one.getBean(ChatMemory.class).get("c").stream().map(Message::getText))
                    .containsExactlyInAnyOrderElementsOf(texts);
        });
    }

    @Test
    void overflows_ofBoth_oneSummaryAndOneNotice() {
        both((one, two) -> {
            Replicas.fill(one, "c");
            List<Callable<CompactedReply<String>>> tasks = new ArrayList<>();
            CountDownLatch all = new CountDownLatch(16);
            for (int i = 0; i < 8; i++) {
                tasks.add(() -> Replicas.ask(one, "c", all));
                tasks.add(() -> Replicas.ask(two, "c", all));
            }

            List<CompactedReply<String>> replies = atOnce(tasks);

            assertThat(summaries).hasValue(1);
            assertThat(replies).extracting(CompactedReply::value).containsOnly("answer");
            assertThat(replies.stream().filter(reply -> reply.summary().isPresent()))
                    .singleElement()
                    .satisfies(reply -> assertThat(reply.summary()).contains("summary"));
        });
    }

    @Test
    void undeliveredSummary_survivesARestart() {
        replica.run(context -> {
            Replicas.fill(context, "c");
            assertThat(Replicas.template(context).compact("c")).isEqualTo(CompactionOutcome.COMPACTED);
        });

        replica.run(context -> {
            assertThat(Replicas.ask(context, "c").summary()).contains("summary");
            assertThat(Replicas.ask(context, "c").summary()).isEmpty();
        });
    }

    @Test
    void servicesOfOtherNames_neverMeet() {
        ApplicationContextRunner other = replica.withPropertyValues("spring.application.name=others");
        replica.run(one -> other.run(two -> {
            assertThat(two).hasNotFailed();
            Replicas.state(one).storeSummary("c", "of the first");
            try (SessionLock.Lease lease = Replicas.state(one).getLock("c").acquire();
                    SessionLock.Lease own =
                            Replicas.state(two).getLock("c").acquireAsync().get(20, TimeUnit.SECONDS)) {
                assertThat(Replicas.state(two).getSummary("c")).isEmpty();
            }
        }));
    }

    @Test
    void namespace_letsServicesOfOtherNamesMeet() {
        ApplicationContextRunner shared = replica.withPropertyValues("compaction.namespace=shared");
        shared.run(one -> shared.withPropertyValues("spring.application.name=others")
                .run(two -> {
                    Replicas.state(one).storeSummary("c", "of the first");
                    assertThat(Replicas.state(two).getSummary("c")).contains("of the first");
                }));
    }

    @Test
    void replicasName_isThatOfTheHolder() {
        replica.withPropertyValues("compaction.replica=pod-1")
                .run(one -> replica.withPropertyValues("compaction.replica=pod-2")
                        .run(two -> {
                            assertThat(inspect(two).replica()).isEmpty();
                            try (SessionLock.Lease lease =
                                    Replicas.state(one).getLock("c").acquire()) {
                                assertThat(inspect(two).replica()).contains("pod-1");
                            }
                            try (SessionLock.Lease lease =
                                    Replicas.state(two).getLock("c").acquire()) {
                                assertThat(inspect(one).replica()).contains("pod-2");
                            }
                        }));
    }

    @Test
    void meters_countTheStoresAnswers() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        replica.withConfiguration(AutoConfigurations.of(CompactionMetricsAutoConfiguration.class))
                .withBean(MeterRegistry.class, () -> registry)
                .run(context -> {
                    context.getBean(CompactionMetrics.class).bindTo(registry);
                    assertThat(registry.find("compaction.store").timers()).isEmpty();
                    Replicas.fill(context, "c");
                    Replicas.ask(context, "c");

                    for (String operation : List.of("acquire", "commit", "take-summary")) {
                        await().untilAsserted(() -> assertThat(registry.get("compaction.store")
                                        .tags("agent", "planner", "operation", operation, "outcome", "ok")
                                        .timer()
                                        .count())
                                .as(operation)
                                .isPositive());
                    }
                    for (String rare : List.of("compaction.leases.lost", "compaction.store.unavailable")) {
                        assertThat(registry.get(rare)
                                        .tag("agent", "planner")
                                        .counter()
                                        .count())
                                .as("%s, from the start on", rare)
                                .isZero();
                    }
                });
    }

    @Test
    void meters_countALostLease() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        replica.withConfiguration(AutoConfigurations.of(CompactionMetricsAutoConfiguration.class))
                .withBean(MeterRegistry.class, () -> registry)
                .run(context -> {
                    context.getBean(CompactionMetrics.class).bindTo(registry);
                    SessionLock.Lease lease =
                            Replicas.state(context).getLock("c").acquire();
                    database.jdbc().update("UPDATE compaction_session SET owner = 'pod-2/x', fence = fence + 1");

                    assertThatExceptionOfType(LeaseLostException.class).isThrownBy(lease::compacted);
                    lease.close();

                    Awaitility.await()
                            .untilAsserted(() -> assertThat(registry.get("compaction.leases.lost")
                                            .tags("agent", "planner")
                                            .counter()
                                            .count())
                                    .isEqualTo(1));
                });
    }

    private static StoredSession inspect(ApplicationContext context) {
        return Replicas.state(context)
                .store()
                .orElseThrow()
                .inspect("c")
                .toCompletableFuture()
                .join();
    }

    private interface Two {
        void run(ApplicationContext one, ApplicationContext two) throws Exception;
    }

    private void both(Two test) {
        replica.run(one -> replica.run(two -> {
            assertThat(one).hasNotFailed();
            assertThat(two).hasNotFailed();
            test.run(one, two);
        }));
    }

    /** {@return what the tasks return, which start together} */
    private <T> List<T> atOnce(List<Callable<T>> tasks) throws Exception {
        CountDownLatch start = new CountDownLatch(1);
        List<Future<T>> running = new ArrayList<>();
        for (Callable<T> task : tasks) {
            running.add(threads.submit(() -> {
                start.await();
                return task.call();
            }));
        }
        start.countDown();
        List<T> results = new ArrayList<>();
        for (Future<T> result : running) {
            results.add(result.get(120, TimeUnit.SECONDS));
        }
        return results;
    }
}
