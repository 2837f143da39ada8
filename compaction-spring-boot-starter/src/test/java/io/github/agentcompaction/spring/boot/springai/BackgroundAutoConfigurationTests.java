package io.github.agentcompaction.spring.boot.springai;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.CompactionListener;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.CompactionTrigger;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionAutoConfiguration;
import io.github.agentcompaction.springai.CompactionAdvisor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.model.chat.client.autoconfigure.ChatClientAutoConfiguration;
import org.springframework.ai.model.chat.memory.autoconfigure.ChatMemoryAutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

/** The settings {@code background} and {@code max-background}. */
@Timeout(120)
class BackgroundAutoConfigurationTests {

    private final List<CompactionTrigger> triggers = new CopyOnWriteArrayList<>();
    private final CountDownLatch written = new CountDownLatch(1);
    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    CompactionAutoConfiguration.class,
                    CompactionChatMemoryAutoConfiguration.class,
                    ChatMemoryCompactorAutoConfiguration.class,
                    CompactionAdvisorAutoConfiguration.class,
                    ChatMemoryAutoConfiguration.class,
                    ChatClientAutoConfiguration.class))
            .withPropertyValues(
                    "compaction.spring-ai.keep-all-messages=true",
                    "compaction.agents.planner=",
                    "compaction.agents.researcher=")
            .withBean(ChatModel.class, this::model)
            .withBean(CompactionListener.class, () -> new CompactionListener() {
                @Override
                public void compactionStarted(String agent, String sessionId, CompactionTrigger trigger) {
                    triggers.add(trigger);
                }
            });

    @AfterEach
    void release() {
        written.countDown();
    }

    private ChatModel model() {
        return prompt -> {
            boolean isSummary = prompt.getContents().contains("<conversation>");
            if (isSummary) {
                try {
                    written.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
            return new ChatResponse(List.of(new Generation(new AssistantMessage(isSummary ? "summary" : "answer"))));
        };
    }

    /** Asks in a session of some 90 tokens. */
    private static void ask(ApplicationContext context, String agent, String session) {
        ChatMemory memory = context.getBean(ChatMemory.class);
        for (int i = 0; i < 10; i++) {
            memory.add(
                    session,
                    List.of(new UserMessage("word word word"), new AssistantMessage("word word word word word")));
        }
        ChatClient.create(context.getBean(ChatModel.class))
                .prompt("And now?")
                .advisors(call -> call.advisors(
                                context.getBean(agent + "CompactionAdvisor", CompactionAdvisor.class),
                                MessageChatMemoryAdvisor.builder(memory).build())
                        .param(ChatMemory.CONVERSATION_ID, session))
                .call()
                .content();
    }

    private static int running(ApplicationContext context, String agent) {
        return context.getBean(agent + "CompactionTemplate", CompactionTemplate.class)
                .background()
                .running();
    }

    private void awaitTriggers(int count) {
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> triggers.size() == count);
    }

    @Test
    void contextWindow_compactsInTheBackground() {
        runner.withPropertyValues("compaction.context-window=100").run(context -> {
            ask(context, "planner", "s");

            awaitTriggers(1);
            assertThat(triggers).containsExactly(CompactionTrigger.BACKGROUND);
            assertThat(running(context, "planner")).isEqualTo(1);
        });
    }

    @Test
    void backgroundOff_compactsBeforeTheCall() {
        written.countDown();
        runner.withPropertyValues("compaction.context-window=100", "compaction.background=false")
                .run(context -> {
                    ask(context, "planner", "s");

                    assertThat(triggers).containsExactly(CompactionTrigger.THRESHOLD);
                    assertThat(running(context, "planner")).isZero();
                });
    }

    @Test
    void backgroundOff_forOneAgent() {
        written.countDown();
        runner.withPropertyValues("compaction.context-window=100", "compaction.agents.researcher.background=false")
                .run(context -> {
                    ask(context, "researcher", "r");
                    assertThat(triggers).containsExactly(CompactionTrigger.THRESHOLD);

                    ask(context, "planner", "p");
                    awaitTriggers(2);
                    assertThat(triggers).containsExactly(CompactionTrigger.THRESHOLD, CompactionTrigger.BACKGROUND);
                });
    }

    @Test
    void contextWindow_none_compactsNothing() {
        runner.run(context -> {
            ask(context, "planner", "s");

            assertThat(running(context, "planner")).isZero();
            assertThat(triggers).isEmpty();
        });
    }

    @Test
    void switchedOff_compactsNothing() {
        runner.withPropertyValues("compaction.context-window=100", "compaction.enabled=false")
                .run(context -> {
                    ask(context, "planner", "s");

                    assertThat(running(context, "planner")).isZero();
                    assertThat(triggers).isEmpty();
                });
    }

    @Test
    void maxBackground_isThatOfTheAgent() {
        runner.withPropertyValues(
                        "compaction.context-window=100",
                        "compaction.max-background=1",
                        "compaction.agents.researcher.max-background=2")
                .run(context -> {
                    for (String session : List.of("1", "2", "3")) {
                        ask(context, "planner", "p" + session);
                        ask(context, "researcher", "r" + session);
                    }

                    assertThat(running(context, "planner")).isEqualTo(1);
                    assertThat(running(context, "researcher")).isEqualTo(2);
                });
    }
}
