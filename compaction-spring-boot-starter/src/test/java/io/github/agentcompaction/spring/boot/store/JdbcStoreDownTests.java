package io.github.agentcompaction.spring.boot.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import io.github.agentcompaction.CompactionOutcome;
import io.github.agentcompaction.StoreUnavailableException;
import io.github.agentcompaction.jdbc.JdbcStore;
import io.github.agentcompaction.spring.boot.actuate.CompactionHealthContributorAutoConfiguration;
import io.github.agentcompaction.spring.boot.metrics.CompactionMetrics;
import io.github.agentcompaction.spring.boot.metrics.CompactionMetricsAutoConfiguration;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.h2.tools.Server;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.InMemoryChatMemoryRepository;
import org.springframework.ai.chat.memory.repository.jdbc.JdbcChatMemoryRepository;
import org.springframework.ai.chat.memory.repository.jdbc.JdbcChatMemoryRepositoryDialect;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** A database that is down when the service starts, seen through a real pool. */
class JdbcStoreDownTests {

    private static final String WARNING = "The database of the JDBC store does not answer";

    private final TestDatabase database = new TestDatabase();
    private final int port = freePort();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final AtomicInteger summaries = new AtomicInteger();
    private final ApplicationContextRunner runner = Replicas.jdbc(database)
            .withConfiguration(AutoConfigurations.of(
                    CompactionHealthContributorAutoConfiguration.class, CompactionMetricsAutoConfiguration.class))
            .withUserConfiguration(History.class)
            .withBean(MeterRegistry.class, () -> meters)
            .withBean(ChatModel.class, () -> Replicas.summarizer(summaries))
            .withPropertyValues(
                    "spring.datasource.url=" + database.urlAt(port),
                    "spring.datasource.username=sa",
                    "spring.ai.chat.memory.repository.jdbc.initialize-schema=never", // else Spring AI stops the start
                    "spring.datasource.hikari.connection-timeout=250");

    /** What the store logs, which Spring Boot's own logging is not there for in these contexts. */
    private final List<String> warnings = new CopyOnWriteArrayList<>();

    private final Logger logger = Logger.getLogger(JdbcStore.class.getName());
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord logged) {
            if (logged.getLevel().intValue() >= Level.WARNING.intValue()) {
                warnings.add(logged.getMessage());
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    private @Nullable Server server;

    @BeforeEach
    void makeTable() {
        Replicas.jdbc(database).run(context -> assertThat(context).hasNotFailed());
        logger.addHandler(handler);
    }

    @AfterEach
    void close() throws SQLException {
        logger.removeHandler(handler);
        if (server != null) {
            server.stop();
        }
        database.close();
    }

    @Test
    void downAtTheStart_startsWithAWarningForEachCheck_andWorksWhenItIsBack() {
        runner.run(context -> {
            assertThat(context).hasNotFailed();
            assertThat(warnings)
                    .hasSize(2)
                    .allSatisfy(warning -> assertThat(warning).contains(WARNING))
                    .last()
                    .asString()
                    .contains("not known whether the history is written");
            bindMeters(context);

            assertThat(Replicas.template(context).executeSubtask("c", () -> "answer"))
                    .isEqualTo("answer");
            assertThat(Replicas.template(context).execute("c", () -> "answer").value())
                    .isEqualTo("answer");
            assertThatExceptionOfType(StoreUnavailableException.class).isThrownBy(() -> overflow(context));
            await().untilAsserted(() -> assertThat(meters.get("compaction.store.unavailable")
                            .tags("agent", "planner")
                            .counter()
                            .count())
                    .isEqualTo(1));
            await().untilAsserted(() -> assertThat(meters.get("compaction.store")
                            .tags("agent", "planner", "operation", "acquire", "outcome", "failed")
                            .timer()
                            .count())
                    .isPositive());
            Health down = health(context);
            assertThat(down.getStatus()).isEqualTo(Status.DOWN);
            assertThat(down.getDetails()).containsEntry("store", "does not answer");
            assertThat(down.getDetails().get("error")).asString().isNotBlank();

            startServer();
            Replicas.fill(context, "c");

            assertThat(Replicas.template(context).compact("c")).isEqualTo(CompactionOutcome.COMPACTED);
            assertThat(context.getBean(ChatMemory.class).get("c")).hasSizeLessThan(12);
            assertThat(health(context).getStatus()).isEqualTo(Status.UP);
            assertThat(health(context).getDetails()).containsEntry("store", "answers");
            assertThat(Replicas.ask(context, "c").value()).isEqualTo("answer");
        });
    }

    @Test
    void downAtTheStart_tableThatIsToBeMade_aWarningSaysSo() {
        runner.withPropertyValues("compaction.jdbc.initialize-schema=always").run(context -> {
            assertThat(context).hasNotFailed().hasSingleBean(JdbcStore.class);
            assertThat(warnings).first().asString().contains(WARNING, "by a restart");
        });
    }

    /** With the database up, the start would have been refused. */
    @Test
    void downAtTheStart_historyInMemory_isRefusedWhenItIsBack() {
        runner.withBean(
                        "elsewhere",
                        ChatMemoryRepository.class,
                        InMemoryChatMemoryRepository::new,
                        definition -> definition.setPrimary(true))
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    String refused = "still there after its rollback";

                    startServer();

                    for (int i = 0; i < 2; i++) {
                        assertThatIllegalStateException()
                                .isThrownBy(() -> Replicas.add(context, "c", "text"))
                                .withMessageContaining(refused);
                        Health down = health(context);
                        assertThat(down.getStatus()).isEqualTo(Status.DOWN);
                        assertThat(down.getDetails()).containsEntry("store", "refuses");
                        assertThat(down.getDetails().get("error")).asString().contains(refused);
                        assertThatExceptionOfType(StoreUnavailableException.class)
                                .isThrownBy(() -> overflow(context));
                    }
                    assertThat(summaries).as("paid for nothing").hasValue(0);
                    // The lease that the failed task gives back probes, too, on a thread of the store.
                    await().untilAsserted(() -> assertThat(
                                    context.getBean(ChatMemoryRepository.class).findConversationIds())
                            .isEmpty());
                });
    }

    @Test
    void down_local_goesOnAlone() {
        runner.withPropertyValues("compaction.on-unavailable=local").run(context -> {
            bindMeters(context);
            try (var lease = Replicas.state(context).getLock("c").acquire()) {
                assertThat(Replicas.state(context).heldCount()).isEqualTo(1);
            }
            await().untilAsserted(() -> assertThat(
                            meters.get("compaction.store.unavailable").counter().count())
                    .isEqualTo(1));
        });
    }

    /** Those behind the one that asks leave with it. */
    @Test
    void down_waitersAreCounted() {
        runner.run(context -> {
            bindMeters(context);
            var lock = Replicas.state(context).getLock("c");
            var first = lock.acquireAsync();
            var second = lock.acquireAsync();

            assertThatExceptionOfType(Exception.class).isThrownBy(first::join);
            assertThatExceptionOfType(Exception.class).isThrownBy(second::join);
            await().untilAsserted(() -> assertThat(meters.get("compaction.lock.wait")
                            .tags("agent", "planner", "outcome", "unavailable")
                            .timer()
                            .count())
                    .isPositive());
        });
    }

    private void bindMeters(ApplicationContext context) {
        context.getBean(CompactionMetrics.class).bindTo(meters);
    }

    private static void overflow(ApplicationContext context) {
        Replicas.template(context).executeSubtask("c", () -> {
            throw new IllegalStateException("HTTP 400 - This model's maximum context length is 10 tokens.");
        });
    }

    private static Health health(ApplicationContext context) {
        HealthIndicator planner = (HealthIndicator) Objects.requireNonNull(
                context.getBean(CompositeHealthContributor.class).getContributor("planner"));
        return Objects.requireNonNull(planner.health());
    }

    private void startServer() throws SQLException {
        server = Server.createTcpServer("-tcpPort", "" + port, "-tcpDaemon").start();
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Spring AI's own asks the database which dialect it has, and takes PostgreSQL's if it does not answer. */
    @Configuration(proxyBeanMethods = false)
    static class History {
        @Bean
        JdbcChatMemoryRepository repository(javax.sql.DataSource dataSource) {
            return JdbcChatMemoryRepository.builder()
                    .dataSource(dataSource)
                    .dialect(new JdbcChatMemoryRepositoryDialect() {})
                    .build();
        }
    }
}
