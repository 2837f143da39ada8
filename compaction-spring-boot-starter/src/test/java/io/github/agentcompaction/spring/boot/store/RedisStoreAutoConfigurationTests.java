package io.github.agentcompaction.spring.boot.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.agentcompaction.CompactedReply;
import io.github.agentcompaction.CompactionOutcome;
import io.github.agentcompaction.StoreUnavailableException;
import io.github.agentcompaction.redis.RedisAgentStore;
import io.github.agentcompaction.redis.RedisProcess;
import io.github.agentcompaction.redis.RedisStore;
import io.github.agentcompaction.springai.ConcurrentChatMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.InMemoryChatMemoryRepository;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;

class RedisStoreAutoConfigurationTests {

    private final RedisProcess redis = new RedisProcess();
    private final AtomicInteger summaries = new AtomicInteger();
    private final InMemoryChatMemoryRepository history = new InMemoryChatMemoryRepository();
    private final ApplicationContextRunner runner = Replicas.sharing("redis")
            .withConfiguration(AutoConfigurations.of(DataRedisAutoConfiguration.class))
            .withBean(ChatModel.class, () -> Replicas.summarizer(summaries))
            .withBean(ChatMemoryRepository.class, () -> history)
            .withPropertyValues("spring.data.redis.host=127.0.0.1", "spring.data.redis.port=" + redis.port());

    @AfterEach
    void stop() {
        redis.close();
    }

    @Test
    void overflows_ofTwoReplicas_oneSummaryAndOneNotice() {
        redis.start();
        runner.run(one -> runner.run(two -> {
            assertThat(one).hasSingleBean(RedisStore.class);
            assertThat(Replicas.state(two).store()).containsInstanceOf(RedisAgentStore.class);
            Replicas.fill(one, "c");
            List<CompletableFuture<CompactedReply<String>>> tasks = new ArrayList<>();
            CountDownLatch all = new CountDownLatch(8);
            for (int i = 0; i < 8; i++) {
                ApplicationContext replica = i % 2 == 0 ? one : two;
                tasks.add(CompletableFuture.supplyAsync(
                        () -> Replicas.ask(replica, "c", all), task -> new Thread(task).start()));
            }

            List<String> notices = new ArrayList<>();
            for (CompletableFuture<CompactedReply<String>> task : tasks) {
                task.get(120, TimeUnit.SECONDS).summary().ifPresent(notices::add);
            }

            assertThat(summaries).hasValue(1);
            assertThat(notices).containsExactly("summary");
        }));
    }

    @Test
    void appends_ofTwoReplicas_loseNothing() {
        redis.start();
        runner.run(one -> runner.run(two -> {
            assertThat(one.getBean(ConcurrentChatMemory.class).isGuarded()).isTrue();
            List<CompletableFuture<Void>> writers = new ArrayList<>();
            for (int writer = 0; writer < 4; writer++) {
                ApplicationContext replica = writer % 2 == 0 ? one : two;
                int number = writer;
                writers.add(CompletableFuture.runAsync(() -> {
                    for (int i = 0; i < 5; i++) {
                        Replicas.add(replica, "c", number + "-" + i);
                    }
                }));
            }
            writers.forEach(CompletableFuture::join);

            assertThat(history.findByConversationId("c"))
                    .extracting(Message::getText)
                    .hasSize(20)
                    .doesNotHaveDuplicates();
        }));
    }

    @Test
    void undeliveredSummary_survivesARestart() {
        redis.start();
        runner.run(context -> {
            Replicas.fill(context, "c");
            assertThat(Replicas.template(context).compact("c")).isEqualTo(CompactionOutcome.COMPACTED);
        });

        runner.run(context -> assertThat(Replicas.ask(context, "c").summary()).contains("summary"));
    }

    @Test
    void replicasName_isThatOfTheHolder() {
        redis.start();
        runner.withPropertyValues("compaction.replica=pod-1").run(context -> {
            try (var lease = Replicas.state(context).getLock("s").acquire()) {
                assertThat(Replicas.state(context)
                                .store()
                                .orElseThrow()
                                .inspect("s")
                                .toCompletableFuture()
                                .join()
                                .replica())
                        .contains("pod-1");
            }
        });
    }

    @Test
    void downAtTheStart_starts_andWorksWhenItIsBack() {
        runner.withPropertyValues("compaction.redis.command-timeout=500ms").run(context -> {
            assertThat(context).hasNotFailed();
            assertThat(Replicas.template(context).execute("c", () -> "answer").value())
                    .isEqualTo("answer");
            assertThatExceptionOfType(StoreUnavailableException.class)
                    .isThrownBy(() -> Replicas.template(context).compact("c"));

            redis.start();
            Replicas.fill(context, "c");

            assertThat(Replicas.template(context).compact("c")).isEqualTo(CompactionOutcome.COMPACTED);
        });
    }

    @Test
    void jedis_stopsTheStart() {
        runner.withPropertyValues("spring.data.redis.client-type=jedis")
                .run(context -> assertThat(Replicas.refusal(context))
                        .startsWith("compaction.store=redis: ")
                        .contains("no bean of type", "spring.data.redis.client-type to lettuce"));
    }

    @Test
    void noConnectionFactory_stopsTheStart() {
        Replicas.sharing("redis")
                .run(context -> assertThat(Replicas.refusal(context))
                        .startsWith("compaction.store=redis: ")
                        .contains(ReactiveRedisConnectionFactory.class.getName(), "spring-boot-starter-data-redis"));
    }

    @Test
    void withoutTheModule_stopsTheStart() {
        for (Class<?> missing : List.of(RedisStore.class, ReactiveRedisConnectionFactory.class)) {
            runner.withClassLoader(new FilteredClassLoader(missing))
                    .run(context -> assertThat(Replicas.refusal(context))
                            .startsWith("compaction.store=redis: ")
                            .contains("io.github.agentcompaction:compaction-redis", "or remove compaction.store"));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "compaction.redis.command-timeout=30s, compaction.redis.command-timeout=PT30S, shorter than lease",
        "compaction.redis.command-timeout=0, compaction.redis.command-timeout=PT0S, longer than zero",
        "compaction.redis.max-poll=1us, compaction.redis.max-poll=PT0.000001S, at least",
        "compaction.ttl=1us, compaction.ttl=PT0.000001S, at least"
    })
    void outOfRange_stopsTheStart(String setting, String named, String rule) {
        runner.withPropertyValues(setting)
                .run(context -> assertThat(Replicas.refusal(context))
                        .startsWith(named + ": ")
                        .contains(rule));
    }

    @Test
    void scripts_haveHintsForNativeImages() {
        RuntimeHints hints = new RuntimeHints();

        new RedisStoreAutoConfiguration.Scripts()
                .registerHints(hints, getClass().getClassLoader());

        assertThat(hints)
                .matches(RuntimeHintsPredicates.resource().forResource("io/github/agentcompaction/redis/acquire.lua"));
    }
}
