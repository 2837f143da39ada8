package io.github.agentcompaction.sample;

import io.github.agentcompaction.CompactedReply;
import io.github.agentcompaction.CompactionTemplate;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/** An agent that calls the template itself, as {@code docs/by-hand.md} shows it. */
final class HandWrittenAgent {

    private final CompactionTemplate template;
    private final HandWrittenStore store;
    private final BiFunction<List<String>, String, String> model; // history and question, to answer
    private final ExecutorService threads;

    HandWrittenAgent(
            CompactionTemplate template,
            HandWrittenStore store,
            BiFunction<List<String>, String, String> model,
            ExecutorService threads) {
        this.template = template;
        this.store = store;
        this.model = model;
        this.threads = threads;
    }

    String answer(String session, String text, int subtasks) {
        List<CompletableFuture<String>> findings = IntStream.rangeClosed(1, subtasks)
                .mapToObj(number -> CompletableFuture.supplyAsync(
                        () -> template.executeSubtask(session, () -> ask(session, "Subtask " + number + ": " + text)),
                        threads))
                .toList();
        findings.forEach(CompletableFuture::join);

        CompactedReply<String> reply = template.execute(session, () -> ask(session, text));

        store.append(session, List.of("User: " + text, "Agent: " + reply.value()));
        return reply.value()
                + reply.summary()
                        .map(summary -> "\n\n[Earlier messages were summarized.]")
                        .orElse("");
    }

    private String ask(String session, String question) {
        List<String> history = store.read(session); // in the task: a second try reads it anew
        return model.apply(history, question);
    }
}
