package io.github.agentcompaction.springai;

import io.github.agentcompaction.CompactionUsage;
import io.github.agentcompaction.ContextLimitErrors;
import java.io.InterruptedIOException;
import java.lang.System.Logger.Level;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.metadata.Usage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;

/**
 * Asks the model for one summary, in one question or several, and counts what that costs.
 *
 * <p>Where there is a {@link Continuation} it is tried first. Once it has not brought a summary, this one is asked for with
 * transcripts. Not thread-safe.
 */
final class SummaryQuestions {

    private static final System.Logger log = System.getLogger(ChatMemoryCompactor.class.getName());

    /** Causes may form a circle. */
    private static final int LONGEST_CHAIN = 100;

    private final ChatClient summarizer;
    private final String prompt;
    private final AtomicBoolean told;
    private @Nullable Continuation continuation;
    private long promptTokens;
    private long completionTokens;

    /**
     * Creates it.
     *
     * @param prompt what the model is told in front of a transcript
     * @param told whether a warning has said that a continuation failed
     */
    SummaryQuestions(ChatClient summarizer, String prompt, @Nullable Continuation continuation, AtomicBoolean told) {
        this.summarizer = summarizer;
        this.prompt = prompt;
        this.told = told;
        this.continuation = continuation;
    }

    /** Whether the next question goes on with the conversation. Such a one cannot have its messages cut. */
    boolean isContinuing() {
        return continuation != null;
    }

    void useTranscript() {
        continuation = null;
    }

    /**
     * Asks one question.
     *
     * @param longest each message of a transcript is cut to this many characters
     * @return a summary that is not blank
     */
    String ask(Optional<String> earlier, List<Message> messages, int longest) {
        String answer = continuation == null ? "" : continued(continuation, earlier, messages);
        if (answer.isEmpty()) {
            Message question = new UserMessage(prompt + "\n\n" + Transcript.of(earlier, messages, longest));
            answer =
                    textOf(counted(summarizer.prompt().messages(question).call().chatResponse()));
        }
        if (answer.isEmpty()) {
            throw new IllegalStateException("The model returned a blank summary; nothing was changed.");
        }
        return answer;
    }

    /**
     * What a model refuses for another reason than its length may be what a transcript has not: tools, attachments, the order
     * of the messages. If not, asking once more is cheaper than a session that is never compacted.
     */
    private String continued(Continuation continuation, Optional<String> earlier, List<Message> messages) {
        String why = "a blank answer";
        try {
            ChatResponse response = counted(continuation.ask(earlier, messages));
            if (response == null || !response.hasToolCalls()) {
                String text = textOf(response);
                if (!text.isEmpty()) {
                    return text;
                }
            } else {
                why = "a tool call";
            }
        } catch (RuntimeException e) {
            if (ContextLimitErrors.isContextLimit(e) || isInterrupt(e)) {
                throw e;
            }
            why = e.getClass().getName(); // its message may quote the conversation
        }
        log.log(
                told.getAndSet(true) ? Level.DEBUG : Level.WARNING,
                "Going on with a conversation brought no summary, but " + why
                        + ". It is asked for once more, with a transcript. If this happens often, leave"
                        + " compaction.spring-ai.summary-request at transcript. Further cases are logged at DEBUG.");
        useTranscript();
        return "";
    }

    /** Also one that the model's client has wrapped without setting the thread's flag again. */
    private static boolean isInterrupt(Throwable failure) {
        return Thread.currentThread().isInterrupted()
                || Stream.iterate(failure, Objects::nonNull, Throwable::getCause)
                        .limit(LONGEST_CHAIN)
                        .anyMatch(cause -> cause instanceof InterruptedException
                                || cause instanceof ClosedByInterruptException
                                || (cause instanceof InterruptedIOException
                                        && !(cause instanceof SocketTimeoutException)));
    }

    private @Nullable ChatResponse counted(@Nullable ChatResponse response) {
        if (response != null) {
            Usage usage = response.getMetadata().getUsage();
            promptTokens += Answer.promptTokens(usage);
            completionTokens += Answer.completionTokens(usage);
        }
        return response;
    }

    private static String textOf(@Nullable ChatResponse response) {
        Generation result = response == null ? null : response.getResult();
        String text = result == null ? null : result.getOutput().getText();
        return text == null ? "" : text.strip();
    }

    /** What all answers until now have cost, also those that were no summary. */
    CompactionUsage usage(OptionalLong before, OptionalLong after) {
        return new CompactionUsage(before, after, ifCounted(promptTokens), ifCounted(completionTokens));
    }

    /** A provider that reports nothing is shown as 0 by Spring AI. */
    private static OptionalLong ifCounted(long tokens) {
        return tokens == 0 ? OptionalLong.empty() : OptionalLong.of(tokens);
    }
}
