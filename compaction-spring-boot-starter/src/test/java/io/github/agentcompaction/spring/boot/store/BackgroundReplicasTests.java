package io.github.agentcompaction.spring.boot.store;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.CompactionOutcome;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.spring.boot.springai.CompactionAdvisorAutoConfiguration;
import io.github.agentcompaction.springai.ChatMemoryCompactor;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.metadata.ChatResponseMetadata;
import org.springframework.ai.chat.metadata.DefaultUsage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.model.chat.client.autoconfigure.ChatClientAutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.context.LifecycleAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

/** Compaction in the background, by replicas on one database. The provider reports 90 tokens of 100. */
@Timeout(180)
class BackgroundReplicasTests {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final TestDatabase database = new TestDatabase();
    private final AtomicInteger summaries = new AtomicInteger();
    private final CountDownLatch written = new CountDownLatch(1);
    private final ApplicationContextRunner replica = Replicas.jdbc(database)
            .withConfiguration(AutoConfigurations.of(
                    CompactionAdvisorAutoConfiguration.class,
                    ChatClientAutoConfiguration.class,
                    LifecycleAutoConfiguration.class))
            .withPropertyValues("compaction.context-window=100", "compaction.spring-ai.default-advisor=planner")
            .withBean(ChatModel.class, this::model);

    @AfterEach
    void close() throws SQLException {
        written.countDown();
        database.close();
    }

    private ChatModel model() {
        return prompt -> {
            boolean isSummary = prompt.getContents().contains("<conversation>");
            if (isSummary) {
                summaries.incrementAndGet();
                try {
                    written.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IllegalStateException(e);
                }
            }
            return new ChatResponse(
                    List.of(new Generation(new AssistantMessage(isSummary ? "summary" : "answer"))),
                    ChatResponseMetadata.builder()
                            .usage(new DefaultUsage(90, 2))
                            .build());
        };
    }

    private static @Nullable String ask(ApplicationContext replica, String question) {
        return replica.getBean(ChatClient.Builder.class)
                .defaultAdvisors(MessageChatMemoryAdvisor.builder(replica.getBean(ChatMemory.class))
                        .build())
                .build()
                .prompt(question)
                .advisors(call -> call.param(ChatMemory.CONVERSATION_ID, "c"))
                .call()
                .content();
    }

    private static List<String> texts(ApplicationContext replica) {
        return replica.getBean(ChatMemory.class).get("c").stream()
                .map(Message::getText)
                .toList();
    }

    private void awaitSummaryBegun() {
        Awaitility.await().atMost(LIMIT).until(() -> summaries.get() == 1);
    }

    @Test
    void longSession_bothReplicasAnswer_oneSummary() {
        replica.run(one -> replica.run(two -> {
            Replicas.fill(one, "c");

            assertThat(ask(one, "first?")).isEqualTo("answer");
            awaitSummaryBegun();
            assertThat(ask(two, "second?")).isEqualTo("answer");
            Awaitility.await() // it does not wait for the other's lease
                    .atMost(LIMIT)
                    .until(() -> Replicas.template(two).background().running() == 0);
            written.countDown();
            for (ApplicationContext each : List.of(one, two)) {
                Awaitility.await()
                        .atMost(LIMIT)
                        .until(() -> Replicas.template(each).background().running() == 0);
            }

            assertThat(summaries).hasValue(1);
            assertThat(texts(two))
                    .startsWith(ChatMemoryCompactor.SUMMARY_REQUEST, "summary")
                    .endsWith("first?", "answer", "second?", "answer")
                    .doesNotContain("u0");
        }));
    }

    @Test
    void close_runningCompaction_isCommittedFirst() {
        replica.run(one -> {
            Replicas.fill(one, "c");
            ask(one, "first?");
            awaitSummaryBegun();
            CompactionTemplate template = Replicas.template(one);

            CompletableFuture<Void> closed = CompletableFuture.runAsync(one.getSourceApplicationContext()::close);
            Awaitility.await()
                    .atMost(LIMIT)
                    .until(() -> template.compactInBackground(
                                            "other",
                                            template.state().getLock("other").epoch(),
                                            Duration.ZERO)
                                    .getNow(null)
                            == CompactionOutcome.REJECTED);
            written.countDown();
            closed.get(60, SECONDS);

            assertThat(template.background().running()).isZero();
        });

        replica.run(next -> assertThat(texts(next))
                .startsWith(ChatMemoryCompactor.SUMMARY_REQUEST, "summary")
                .endsWith("first?", "answer"));
    }

    @Test
    void close_compactionThatTakesTooLong_leavesTheHistoryAsItWas_andTheLeaseFree() {
        replica.withPropertyValues("spring.lifecycle.timeout-per-shutdown-phase=50ms")
                .run(one -> {
                    Replicas.fill(one, "c");
                    ask(one, "first?");
                    awaitSummaryBegun();
                    CompactionTemplate template = Replicas.template(one);

                    one.getSourceApplicationContext().close();

                    assertThat(template.background().running()).isZero();
                });
        written.countDown();

        replica.run(next -> {
            assertThat(texts(next)).startsWith("u0", "a0").endsWith("first?", "answer");
            assertThat(database.jdbc().queryForObject("SELECT COUNT(owner) FROM compaction_session", Integer.class))
                    .isZero();
            assertThat(Replicas.template(next).compact("c")).isEqualTo(CompactionOutcome.COMPACTED);
        });
    }
}
