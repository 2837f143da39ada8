package io.github.agentcompaction.springai;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.ToolCallingChatOptions;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.definition.ToolDefinition;

/** What stood around the conversation in a prompt. */
final class SentPrompt {

    private final List<Message> system;
    private final @Nullable Class<?> optionsType;
    private final @Nullable String model;
    private final List<ToolCallback> tools;

    private SentPrompt(
            List<Message> system, @Nullable Class<?> optionsType, @Nullable String model, List<ToolCallback> tools) {
        this.system = system;
        this.optionsType = optionsType;
        this.model = model;
        this.tools = tools;
    }

    static SentPrompt of(Prompt prompt) {
        ChatOptions options = prompt.getOptions();
        return new SentPrompt(
                List.copyOf(prompt.getSystemMessages()),
                options == null ? null : options.getClass(),
                options == null ? null : options.getModel(),
                told(options));
    }

    private static List<ToolCallback> told(@Nullable ChatOptions options) {
        List<ToolCallback> told = new ArrayList<>();
        if (options instanceof ToolCallingChatOptions toolCalling && toolCalling.getToolCallbacks() != null) {
            toolCalling.getToolCallbacks().forEach(tool -> told.add(new ToldTool(tool.getToolDefinition())));
        }
        return told;
    }

    /** {@return the system messages and then the given ones} */
    List<Message> before(List<Message> conversation) {
        List<Message> messages = new ArrayList<>(system);
        messages.addAll(conversation);
        return messages;
    }

    /**
     * Tells the summarizer's model of the tools. Of the same provider's models it is the one that was asked before, since no
     * other has the prompt in its cache. All other options are the summarizer's: a limit of the answer, a format or a forced
     * tool call would be none for a summary.
     */
    ChatOptions applyTo(ChatOptions own) {
        ChatOptions.Builder<?> options = own.mutate();
        if (model != null && own.getClass() == optionsType) {
            options.model(model);
        }
        if (options instanceof ToolCallingChatOptions.Builder<?> toolCalling) {
            toolCalling.toolCallbacks(tools);
        }
        return options.build();
    }

    /** {@return about how many characters it holds} */
    int length() {
        int length = 0;
        for (Message message : system) {
            length += message.getText() == null ? 0 : message.getText().length();
        }
        for (ToolCallback tool : tools) {
            ToolDefinition told = tool.getToolDefinition();
            length += told.description().length() + told.inputSchema().length();
        }
        return length;
    }

    /** {@return counts, without any text} */
    @Override
    public String toString() {
        return "SentPrompt[" + system.size() + " system messages, " + tools.size() + " tools]";
    }

    /** A tool as the model is told of it. The code stays with the call: a summary runs none. */
    private record ToldTool(ToolDefinition getToolDefinition) implements ToolCallback {

        @Override
        public String call(String toolInput) {
            throw new IllegalStateException("No tool is run for a summary.");
        }
    }
}
