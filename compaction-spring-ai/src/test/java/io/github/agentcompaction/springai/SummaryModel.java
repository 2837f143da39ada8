package io.github.agentcompaction.springai;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.metadata.ChatResponseMetadata;
import org.springframework.ai.chat.metadata.EmptyUsage;
import org.springframework.ai.chat.metadata.Usage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.Prompt;

/** Writes the summaries that a test tells it to, and remembers what it was asked. */
final class SummaryModel implements ChatModel {

    final List<String> asked = new CopyOnWriteArrayList<>();

    /** What the provider reports. */
    volatile Usage usage = new EmptyUsage();

    private final UnaryOperator<@Nullable String> answer;

    /** Takes what makes the summary of the text that the model is sent. */
    SummaryModel(UnaryOperator<@Nullable String> answer) {
        this.answer = answer;
    }

    @Override
    public ChatResponse call(Prompt prompt) {
        String question = prompt.getContents();
        asked.add(question);
        return new ChatResponse(
                List.of(new Generation(new AssistantMessage(answer.apply(question)))),
                ChatResponseMetadata.builder().usage(usage).build());
    }

    ChatClient client() {
        return ChatClient.create(this);
    }

    @Override
    public String toString() {
        return "SummaryModel";
    }
}
