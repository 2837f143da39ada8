package io.github.agentcompaction.replicas;

import io.github.agentcompaction.StagedCompactor;
import io.github.agentcompaction.springai.ChatMemoryCompactor;
import io.github.agentcompaction.springai.ConcurrentChatMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.content.MediaContent;
import org.springframework.ai.tokenizer.TokenCountEstimator;

/** The library's chat memory over Spring AI's JDBC repository, compacted by the library's compactor with a model of ours. */
final class JdbcHistory implements History {

    private final ConcurrentChatMemory memory;
    private final ChatMemoryCompactor compactor;

    /** @param summarize makes a summary of the text that the model is sent */
    JdbcHistory(ConcurrentChatMemory memory, UnaryOperator<String> summarize) {
        this.memory = memory;
        this.compactor = ChatMemoryCompactor.builder(memory, ChatClient.create(new SummaryModel(summarize)))
                .prompt("Summarize.")
                .share(0.5)
                .tokenCountEstimator(new Characters())
                .build();
    }

    /** A question, and an answer to it if there are two texts. */
    @Override
    public void append(String session, List<String> texts) {
        List<Message> messages = new ArrayList<>();
        for (String text : texts) {
            messages.add(messages.isEmpty() ? new UserMessage(text) : new AssistantMessage(text));
        }
        memory.add(session, messages);
    }

    @Override
    public int size(String session) {
        return memory.get(session).size();
    }

    @Override
    public StagedCompactor compactor() {
        return compactor;
    }

    private record SummaryModel(UnaryOperator<String> summarize) implements ChatModel {
        @Override
        public ChatResponse call(Prompt prompt) {
            String summary = summarize.apply(prompt.getContents());
            return new ChatResponse(List.of(new Generation(new AssistantMessage(summary))));
        }
    }

    private static final class Characters implements TokenCountEstimator {
        @Override
        public int estimate(String text) {
            return text == null ? 0 : Math.min(text.length(), 20); // a summary does not outweigh all messages
        }

        @Override
        public int estimate(MediaContent content) {
            return 1;
        }

        @Override
        public int estimate(Iterable<MediaContent> contents) {
            return 1;
        }
    }
}
