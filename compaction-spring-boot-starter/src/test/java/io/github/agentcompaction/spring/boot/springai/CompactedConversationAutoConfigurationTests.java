package io.github.agentcompaction.spring.boot.springai;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.springai.ChatMemoryCompactor;
import io.github.agentcompaction.springai.CompactedConversationFilter;
import io.micrometer.common.KeyValue;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.observation.ChatModelObservationContext;
import org.springframework.ai.chat.observation.ChatModelObservationDocumentation;
import org.springframework.ai.chat.observation.DefaultChatModelObservationConvention;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class CompactedConversationAutoConfigurationTests {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(CompactedConversationAutoConfiguration.class));

    /** Boot gives the registry its filters. */
    @Test
    void observationOfAModel_withASummaryInItsPrompt_isMarked() {
        Stopped stopped = new Stopped();
        runner.withConfiguration(AutoConfigurations.of(ObservationAutoConfiguration.class))
                .withBean(ObservationHandler.class, () -> stopped)
                .run(context -> {
                    ObservationRegistry registry = context.getBean(ObservationRegistry.class);
                    ChatModelObservationContext call = ChatModelObservationContext.builder()
                            .prompt(new Prompt(
                                    List.of(
                                            new UserMessage(ChatMemoryCompactor.SUMMARY_REQUEST),
                                            new AssistantMessage("the summary"),
                                            new UserMessage("And now?")),
                                    ChatOptions.builder().model("small").build()))
                            .provider("test")
                            .build();

                    ChatModelObservationDocumentation.CHAT_MODEL_OPERATION
                            .observation(null, new DefaultChatModelObservationConvention(), () -> call, registry)
                            .observe(() -> {});

                    Observation.Context model = Objects.requireNonNull(stopped.last);
                    assertThat(model.getHighCardinalityKeyValues())
                            .contains(KeyValue.of("gen_ai.conversation.compacted", "true"));
                    assertThat(model.getLowCardinalityKeyValues())
                            .extracting(KeyValue::getKey)
                            .contains("gen_ai.request.model")
                            .doesNotContain("gen_ai.conversation.compacted");
                });
    }

    @Test
    void withoutSpringAi_noFilter() {
        runner.withClassLoader(new FilteredClassLoader(ChatModelObservationContext.class))
                .run(context -> assertThat(context).doesNotHaveBean("compactedConversationFilter"));
    }

    @Test
    void ownFilter_replacesIt() {
        runner.withBean("mine", CompactedConversationFilter.class)
                .run(context -> assertThat(context)
                        .hasSingleBean(CompactedConversationFilter.class)
                        .hasBean("mine"));
    }

    private static final class Stopped implements ObservationHandler<Observation.Context> {

        volatile Observation.@Nullable Context last;

        @Override
        public void onStop(Observation.Context context) {
            last = context;
        }

        @Override
        public boolean supportsContext(Observation.Context context) {
            return true;
        }
    }
}
