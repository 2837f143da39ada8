package io.github.agentcompaction.spring.boot.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.CompactedReply;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionAutoConfiguration;
import io.github.agentcompaction.spring.boot.springai.ChatMemoryCompactorAutoConfiguration;
import io.github.agentcompaction.spring.boot.springai.CompactionChatMemoryAutoConfiguration;
import io.github.agentcompaction.spring.boot.springai.HistoryGuardAutoConfiguration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.model.chat.memory.autoconfigure.ChatMemoryAutoConfiguration;
import org.springframework.ai.model.chat.memory.repository.jdbc.autoconfigure.JdbcChatMemoryRepositoryAutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceInitializationAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

/** Contexts of one service with the agent {@code planner}; each that is started is a replica. */
public final class Replicas {

    private static final int LIMIT = 12;

    private Replicas() {}

    /** {@return replicas that share whatever the test configures} */
    public static ApplicationContextRunner sharing(String store) {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        ChatMemoryAutoConfiguration.class,
                        CompactionAutoConfiguration.class,
                        CompactionChatMemoryAutoConfiguration.class,
                        ChatMemoryCompactorAutoConfiguration.class,
                        CompactionStoreAutoConfiguration.class,
                        JdbcStoreAutoConfiguration.class,
                        RedisStoreAutoConfiguration.class,
                        HistoryGuardAutoConfiguration.class))
                .withPropertyValues(
                        "spring.application.name=agents",
                        "compaction.store=" + store,
                        "compaction.agents.planner=",
                        "compaction.spring-ai.keep-all-messages=true");
    }

    /** {@return replicas that share a database with store and history, all configured by Spring Boot and Spring AI} */
    public static ApplicationContextRunner jdbc(TestDatabase database) {
        return withDataSource(sharing("jdbc")).withPropertyValues("spring.datasource.url=" + database.url());
    }

    static ApplicationContextRunner withDataSource(ApplicationContextRunner runner) {
        return runner.withConfiguration(AutoConfigurations.of(
                        DataSourceAutoConfiguration.class,
                        DataSourceTransactionManagerAutoConfiguration.class,
                        DataSourceInitializationAutoConfiguration.class,
                        JdbcTemplateAutoConfiguration.class,
                        JdbcChatMemoryRepositoryAutoConfiguration.class))
                .withPropertyValues("spring.datasource.hikari.minimum-idle=1");
    }

    /** A model that writes a summary, and counts them. */
    static ChatModel summarizer(AtomicInteger summaries) {
        return prompt -> {
            summaries.incrementAndGet();
            return new ChatResponse(List.of(new Generation(new AssistantMessage("summary"))));
        };
    }

    static void add(ApplicationContext replica, String conversation, String text) {
        replica.getBean(ChatMemory.class).add(conversation, new UserMessage(text));
    }

    /** Fills a conversation until a task on it overflows. */
    static void fill(ApplicationContext replica, String conversation) {
        ChatMemory memory = replica.getBean(ChatMemory.class);
        for (int i = 0; i < LIMIT / 2; i++) {
            memory.add(conversation, List.of(new UserMessage("u" + i), new AssistantMessage("a" + i)));
        }
    }

    /** A task that reads the conversation, and overflows while that is too long. */
    static CompactedReply<String> ask(ApplicationContext replica, String conversation) {
        return ask(replica, conversation, new CountDownLatch(1));
    }

    /** A task that overflows when all others with this latch have read the long conversation, too. */
    static CompactedReply<String> ask(ApplicationContext replica, String conversation, CountDownLatch others) {
        ChatMemory memory = replica.getBean(ChatMemory.class);
        return template(replica).execute(conversation, () -> {
            if (memory.get(conversation).size() >= LIMIT) {
                others.countDown();
                await(others);
                throw new IllegalStateException("HTTP 400 - This model's maximum context length is 10 tokens.");
            }
            return "answer";
        });
    }

    private static void await(CountDownLatch others) {
        try {
            assertThat(others.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    static CompactionTemplate template(ApplicationContext replica) {
        return replica.getBean(CompactionTemplate.class);
    }

    static SessionCompactionState state(ApplicationContext replica) {
        return replica.getBean(SessionCompactionState.class);
    }

    /** {@return what Spring Boot prints of a start that was stopped because of a setting: key, value and reason} */
    static String refusal(AssertableApplicationContext context) {
        Throwable e = context.getStartupFailure();
        while (e != null && !(e instanceof InvalidConfigurationPropertyValueException)) {
            e = e.getCause();
        }
        if (e == null) {
            throw new AssertionError("The start was not stopped because of a setting", context.getStartupFailure());
        }
        InvalidConfigurationPropertyValueException invalid = (InvalidConfigurationPropertyValueException) e;
        return invalid.getName() + "=" + invalid.getValue() + ": " + invalid.getReason();
    }
}
