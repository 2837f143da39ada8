package io.github.agentcompaction.spring.boot.springai;

import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties;
import io.micrometer.observation.ObservationRegistry;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.util.function.SingletonSupplier;

/** Chooses the model client that writes the summaries. */
final class Summarizer implements SmartInitializingSingleton {

    /*
     * Chosen when all beans are there, and not when the compactor is made: a ChatClient that the application makes for
     * the summaries comes from a ChatClient.Builder, which may have the default advisor, which needs the compactor.
     */

    static final String QUALIFIER = "compaction";

    private final ObjectProvider<ChatClient> chosenClient;
    private final ObjectProvider<ChatModel> chosenModel;
    private final ObjectProvider<ChatModel> models;
    private final ObjectProvider<ObservationRegistry> observations;
    private final boolean early;
    private final Supplier<ChatClient> choice = SingletonSupplier.of(this::choose);

    Summarizer(
            ObjectProvider<ChatClient> chosenClient,
            ObjectProvider<ChatModel> chosenModel,
            ObjectProvider<ChatModel> models,
            ObjectProvider<ObservationRegistry> observations,
            CompactionProperties properties) {
        this.chosenClient = chosenClient;
        this.chosenModel = chosenModel;
        this.models = models;
        this.observations = observations;
        this.early = isRelied(properties);
    }

    /** Whether the application relies on compaction without adding an advisor itself: only then a fault stops the start. */
    static boolean isRelied(CompactionProperties properties) {
        return properties.enabled() && properties.springAi().defaultAdvisor() != null;
    }

    /** {@return a client that becomes the chosen one with its first use} */
    ChatClient client() {
        return new LateChatClient(choice);
    }

    /** So that, where compaction was asked for, an unclear choice stops the start and not the first compaction. */
    @Override
    public void afterSingletonsInstantiated() {
        if (early) {
            choice.get();
        }
    }

    private ChatClient choose() {
        ChatClient client = chosenClient.getIfAvailable();
        if (client != null) {
            return client;
        }
        ChatModel model = chosenModel.getIfAvailable(this::onlyModel);
        return ChatClient.builder(model, observations.getIfUnique(() -> ObservationRegistry.NOOP), null, null)
                .build();
    }

    private ChatModel onlyModel() {
        try {
            return models.getObject();
        } catch (NoUniqueBeanDefinitionException e) {
            Collection<String> names = Objects.requireNonNullElse(e.getBeanNamesFound(), List.of());
            throw new SpringAiSetupException(
                    "It is not clear which ChatModel is to summarize conversations. There are: "
                            + String.join(", ", new TreeSet<>(names)) + ".",
                    "Give one of them, or a ChatClient, the qualifier: @Qualifier(\"" + QUALIFIER
                            + "\"). Or mark one as @Primary, or define a Compactor.");
        }
    }

    /** Passes everything on. */
    private record LateChatClient(Supplier<ChatClient> client) implements ChatClient {

        @Override
        public ChatClientRequestSpec prompt() {
            return client.get().prompt();
        }

        @Override
        public ChatClientRequestSpec prompt(String content) {
            return client.get().prompt(content);
        }

        @Override
        public ChatClientRequestSpec prompt(Prompt prompt) {
            return client.get().prompt(prompt);
        }

        @Override
        public Builder mutate() {
            return client.get().mutate();
        }
    }
}
