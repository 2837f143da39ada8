package io.github.agentcompaction.springai;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.metadata.ChatResponseMetadata;
import org.springframework.ai.chat.metadata.DefaultUsage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.ToolCallingChatOptions;
import org.springframework.ai.retry.NonTransientAiException;
import reactor.core.publisher.Flux;

/** A model that takes only so many characters, answers what the test says, and keeps the prompts that it was given. */
final class SmallWindowModel implements ChatModel {

    final List<Prompt> prompts = new CopyOnWriteArrayList<>();

    /** How many of them were too long. */
    final AtomicInteger refused = new AtomicInteger();

    volatile int window = 200;

    /** Runs when the model has been asked, before it looks at the prompt. */
    volatile Runnable asked = () -> {};

    volatile Function<Prompt, AssistantMessage> answers = prompt ->
            new AssistantMessage("answer to " + prompt.getUserMessage().getText());

    /** What a stream is made of; a call of the model of its own. */
    volatile Function<AssistantMessage, Flux<ChatResponse>> streams =
            answer -> answer.hasToolCalls() ? Flux.just(response(answer)) : words(answer.getText());

    /** How many tokens the provider reports for each character; 0 if it reports nothing. */
    volatile int reported = 0;

    @Override
    public ChatResponse call(Prompt prompt) {
        AssistantMessage answer = answer(prompt);
        return new ChatResponse(List.of(new Generation(answer)), usage(prompt, answer));
    }

    /** The usage comes in an element of its own, as from OpenAI. */
    @Override
    public Flux<ChatResponse> stream(Prompt prompt) {
        return Flux.defer(() -> {
            AssistantMessage answer = answer(prompt);
            Flux<ChatResponse> elements = streams.apply(answer);
            return reported == 0
                    ? elements
                    : elements.concatWithValues(new ChatResponse(List.of(), usage(prompt, answer)));
        });
    }

    private ChatResponseMetadata usage(Prompt prompt, AssistantMessage answer) {
        return ChatResponseMetadata.builder()
                .usage(new DefaultUsage(
                        reported * length(prompt), reported * text(answer).length()))
                .build();
    }

    @Override
    public ChatOptions getOptions() {
        return ToolCallingChatOptions.builder().build();
    }

    private AssistantMessage answer(Prompt prompt) {
        prompts.add(prompt);
        asked.run();
        if (length(prompt) > window) {
            refused.incrementAndGet();
            throw tooLong();
        }
        return answers.apply(prompt);
    }

    static NonTransientAiException tooLong() {
        return new NonTransientAiException(
                "HTTP 400 - {\"error\":{\"message\":\"This model's maximum context length is 200"
                        + " tokens.\",\"code\":\"context_length_exceeded\"}}");
    }

    static Flux<ChatResponse> words(@Nullable String text) {
        return Flux.fromArray(String.valueOf(text).split("(?= )")).map(word -> response(new AssistantMessage(word)));
    }

    static ChatResponse response(AssistantMessage message) {
        return new ChatResponse(List.of(new Generation(message)));
    }

    /** The text of a response. */
    static @Nullable String text(@Nullable ChatResponse response) {
        return response == null || response.getResult() == null
                ? null
                : response.getResult().getOutput().getText();
    }

    /** The texts of the prompt that was given last. */
    List<String> lastPrompt() {
        return texts(prompts.get(prompts.size() - 1).getInstructions());
    }

    static List<String> texts(List<Message> messages) {
        return messages.stream().map(SmallWindowModel::text).toList();
    }

    /** The text, and what tools were called and what they said. */
    private static String text(Message message) {
        if (message instanceof AssistantMessage assistant && assistant.hasToolCalls()) {
            return assistant.getToolCalls().stream()
                    .map(call -> "call " + call.name())
                    .collect(Collectors.joining(", "));
        }
        if (message instanceof ToolResponseMessage tool) {
            return tool.getResponses().stream()
                    .map(response -> "result " + response.responseData())
                    .collect(Collectors.joining(", "));
        }
        return String.valueOf(message.getText());
    }

    private static int length(Prompt prompt) {
        return texts(prompt.getInstructions()).stream().mapToInt(String::length).sum();
    }
}
