package io.github.agentcompaction.redis;

import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** What a stage gives in the end, with a limit far longer than anything here takes. */
final class Stages {

    private static final int LIMIT_SECONDS = 30;

    private Stages() {}

    static <T> T get(CompletionStage<T> stage) {
        return stage.toCompletableFuture()
                .orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS)
                .join();
    }

    static Throwable failure(CompletionStage<?> stage) {
        try {
            Object value = get(stage);
            throw new AssertionError("expected a failure, but it gave " + value);
        } catch (CompletionException e) {
            return e.getCause() == null ? e : e.getCause();
        }
    }
}
