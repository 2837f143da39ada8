package io.github.agentcompaction.benchmarks.prefix;

import io.github.agentcompaction.springai.ChatMemoryCompactor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.ToolCallingChatOptions;

/**
 * A model with a window like the sample's, four characters a token, that remembers every prompt it has answered and counts
 * how much of a question for a summary begins like one of those. Not thread-safe.
 */
final class CachingModel implements ChatModel {

    private static final int CHARACTERS_PER_TOKEN = 4;
    private static final String SUMMARY = ". The user asked about orders, and was told where they are. ".repeat(10);
    private static final String ANSWER = "This order has left the warehouse and arrives in two days. ".repeat(2);

    private final int window;
    private final List<String> answered = new ArrayList<>();
    private int summaries;
    private long asked; // characters of all questions for a summary
    private long cached; // of those

    /** @param window in tokens */
    CachingModel(int window) {
        this.window = window;
    }

    @Override
    public ChatResponse call(Prompt prompt) {
        String text = written(prompt);
        if (text.length() > window * CHARACTERS_PER_TOKEN) {
            throw new IllegalStateException("HTTP 400 - {\"error\":{\"code\":\"context_length_exceeded\"}}");
        }
        boolean forSummary = isForSummary(prompt);
        if (forSummary) {
            summaries++;
            asked += text.length();
            cached += answered.stream()
                    .mapToInt(before -> commonPrefix(before, text))
                    .max()
                    .orElse(0);
        }
        answered.add(text);
        return new ChatResponse(
                List.of(new Generation(new AssistantMessage(forSummary ? summaries + SUMMARY : ANSWER))));
    }

    @Override
    public ChatOptions getOptions() {
        return ToolCallingChatOptions.builder().build();
    }

    private static boolean isForSummary(Prompt prompt) {
        String question = String.valueOf(prompt.getUserMessage().getText());
        return question.startsWith(ChatMemoryCompactor.DEFAULT_PROMPT)
                || question.equals(ChatMemoryCompactor.DEFAULT_CONTINUATION_PROMPT);
    }

    /** As providers read it: tools, system messages, conversation. */
    private static String written(Prompt prompt) {
        StringBuilder text = new StringBuilder();
        if (prompt.getOptions() instanceof ToolCallingChatOptions options && options.getToolCallbacks() != null) {
            text.append(options.getToolCallbacks().stream()
                    .map(tool -> tool.getToolDefinition().toString())
                    .collect(Collectors.joining("\n")));
        }
        for (Message message : prompt.getInstructions()) {
            text.append('\n')
                    .append(message.getMessageType())
                    .append(": ")
                    .append(message.getText())
                    .append('\n');
        }
        return text.toString();
    }

    private static int commonPrefix(String one, String other) {
        int length = 0;
        while (length < Math.min(one.length(), other.length()) && one.charAt(length) == other.charAt(length)) {
            length++;
        }
        return length;
    }

    int summaries() {
        return summaries;
    }

    /** {@return how long a question for a summary was, in tokens} */
    long tokensOfOne() {
        return asked / CHARACTERS_PER_TOKEN / summaries;
    }

    /** {@return the share of the questions for summaries that was in the cache} */
    double share() {
        return (double) cached / asked;
    }
}
