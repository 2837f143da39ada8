package io.github.agentcompaction.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.agentcompaction.CompactionOutcome;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.Compactor;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionAutoConfiguration;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStates;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionTemplateCustomizer;
import io.github.agentcompaction.spring.boot.springai.ChatMemoryCompactorAutoConfiguration;
import io.github.agentcompaction.spring.boot.springai.CompactionAdvisorAutoConfiguration;
import io.github.agentcompaction.spring.boot.springai.CompactionChatMemoryAutoConfiguration;
import io.github.agentcompaction.spring.boot.springai.CoordinatedSessionServiceAutoConfiguration;
import io.github.agentcompaction.springai.CompactionAdvisor;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springaicommunity.session.autoconfigure.SessionServiceAutoConfiguration;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.chat.client.autoconfigure.ChatClientAutoConfiguration;
import org.springframework.ai.model.chat.memory.autoconfigure.ChatMemoryAutoConfiguration;
import org.springframework.ai.session.InMemorySessionRepository;
import org.springframework.ai.session.SessionRepository;
import org.springframework.ai.session.SessionService;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.NestedExceptionUtils;
import reactor.core.publisher.Flux;

/** With {@code compaction.enabled: false} an application starts as it is, and nothing is compacted. */
@ExtendWith(OutputCaptureExtension.class)
class SwitchedOffTests {

    private static final String LINE = "Compaction is switched off by compaction.enabled=false";

    private final RefusingModel model = new RefusingModel();
    private final AtomicInteger compactions = new AtomicInteger();

    private final ApplicationContextRunner on = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    CompactionAutoConfiguration.class,
                    CompactionChatMemoryAutoConfiguration.class,
                    ChatMemoryCompactorAutoConfiguration.class,
                    CompactionAdvisorAutoConfiguration.class,
                    CoordinatedSessionServiceAutoConfiguration.class,
                    SessionServiceAutoConfiguration.class,
                    ChatMemoryAutoConfiguration.class,
                    ChatClientAutoConfiguration.class))
            .withBean(ChatModel.class, () -> model)
            .withBean(
                    SessionRepository.class,
                    () -> InMemorySessionRepository.builder().build())
            .withBean(Compactor.class, () -> session -> {
                compactions.incrementAndGet();
                return Optional.of("summary");
            })
            .withBean(Service.class)
            .withPropertyValues(
                    "compaction.agents.planner.context-window=1",
                    "compaction.agents.researcher=",
                    "compaction.spring-ai.default-advisor=planner",
                    "compaction.spring-ai.session-service-agent=planner");

    private final ApplicationContextRunner off = on.withPropertyValues("compaction.enabled=false");

    @Test
    void start_serviceThatInjectsEverything_succeedsAndSaysWhatIsOffOnce(CapturedOutput output) {
        off.run(context -> assertThat(context).hasSingleBean(Service.class));

        assertThat(output).containsOnlyOnce(LINE);
    }

    @Test
    void start_notSwitchedOff_saysNothing(CapturedOutput output) {
        on.run(context -> assertThat(context).hasSingleBean(Service.class));

        assertThat(output).doesNotContain("switched off");
    }

    @Test
    void execute_contextLimit_isTheTasksOwnError() {
        off.run(context -> {
            CompactionTemplate template = context.getBean(Service.class).template;

            assertThatThrownBy(() -> template.execute("s", () -> model.call(new Prompt("And now?"))))
                    .isSameAs(model.refusal);
            assertThat(template.compact("s")).isEqualTo(CompactionOutcome.NOTHING);
        });

        assertThat(model.asked).hasValue(1);
        assertThat(compactions).hasValue(0);
    }

    @Test
    void call_contextLimit_isTheModelsOwnError() {
        off.run(context -> {
            Service service = context.getBean(Service.class);

            assertThatThrownBy(() -> service.ask().call().content()).isSameAs(model.refusal);
        });

        assertThat(model.asked).hasValue(1);
        assertThat(compactions).hasValue(0);
    }

    @Test
    void stream_contextLimit_isTheModelsOwnError() {
        off.run(context -> {
            Flux<String> answer = context.getBean(Service.class).ask().stream().content();

            assertThatThrownBy(answer::blockLast)
                    .satisfies(error -> assertThat(NestedExceptionUtils.getMostSpecificCause(error))
                            .isSameAs(model.refusal)); // the memory advisor wraps it
        });

        assertThat(model.asked).hasValue(1);
        assertThat(compactions).hasValue(0);
    }

    @Test
    void customizer_mayDecideOtherwiseForOneAgent() {
        on.withBean(
                        CompactionTemplateCustomizer.class,
                        () -> (agent, builder) -> builder.enabled(!agent.equals("planner")))
                .run(context -> assertThat(List.of("planner", "researcher"))
                        .extracting(agent -> context.getBean(agent + "CompactionTemplate", CompactionTemplate.class)
                                .isEnabled())
                        .containsExactly(false, true));
    }

    /** Injects what the starter has for an agent. */
    static class Service {

        final CompactionTemplate template;
        private final ChatClient client;

        Service(
                @Qualifier("planner") CompactionTemplate template,
                @Qualifier("planner") CompactionAdvisor advisor,
                @Qualifier("planner") SessionCompactionState state,
                CompactionStates states,
                SessionService sessions,
                ChatClient.Builder builder,
                ChatMemory memory) {
            this.template = template;
            this.client = builder.defaultAdvisors(
                            MessageChatMemoryAdvisor.builder(memory).build())
                    .build();
        }

        ChatClient.ChatClientRequestSpec ask() {
            return client.prompt("And now?").advisors(call -> call.param(ChatMemory.CONVERSATION_ID, "s"));
        }
    }

    /** A model that finds every prompt too long. */
    private static final class RefusingModel implements ChatModel {

        final RuntimeException refusal =
                new RuntimeException("HTTP 400 - This model's maximum context length is 10 tokens.");
        final AtomicInteger asked = new AtomicInteger();

        @Override
        public ChatResponse call(Prompt prompt) {
            asked.incrementAndGet();
            throw refusal;
        }

        @Override
        public Flux<ChatResponse> stream(Prompt prompt) {
            return Flux.defer(() -> Flux.just(call(prompt)));
        }
    }
}
