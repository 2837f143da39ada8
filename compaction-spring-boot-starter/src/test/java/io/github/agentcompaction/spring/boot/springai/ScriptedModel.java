package io.github.agentcompaction.spring.boot.springai;

import io.github.agentcompaction.springai.ChatMemoryCompactor;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.Prompt;

/** A model that takes only so many messages. It answers a question with "answer", and a conversation with a summary. */
public final class ScriptedModel implements ChatModel {

    final List<Prompt> answered = new CopyOnWriteArrayList<>();
    final List<Prompt> summarized = new CopyOnWriteArrayList<>();
    private final String name;
    private final int window;

    public ScriptedModel(String name, int window) {
        this.name = name;
        this.window = window;
    }

    public ScriptedModel() {
        this("model", 100);
    }

    @Override
    public ChatResponse call(Prompt prompt) {
        String text = prompt.getContents();
        if (text.contains("<conversation>")
                || text.endsWith(ChatMemoryCompactor.DEFAULT_CONTINUATION_PROMPT)
                || text.contains("=== CONVERSATION TO SUMMARIZE ===")) {
            summarized.add(prompt);
            return response("summary by " + name);
        }
        if (prompt.getInstructions().size() > window) {
            throw new IllegalStateException("HTTP 400 - This model's maximum context length is 10 tokens.");
        }
        answered.add(prompt);
        return response("answer");
    }

    private static ChatResponse response(String text) {
        return new ChatResponse(List.of(new Generation(new AssistantMessage(text))));
    }
}
