package io.github.agentcompaction;

import io.github.agentcompaction.SessionLock.Lease;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Uses the library by its public API; made to be loaded by a class loader of its own. */
public final class ForeignApplication implements Runnable {

    private volatile boolean tooLong;

    /** For the test. */
    public ForeignApplication() {}

    @Override
    public void run() {
        SessionCompactionState state = SessionCompactionState.builder()
                .maxSize(1)
                .listener(new Listener())
                .build();
        Compactor compactor = session -> {
            tooLong = false;
            return Optional.of("summary");
        };
        CompactionTemplate template =
                CompactionTemplate.builder(state, compactor).build();
        CompactionTemplate impatient = CompactionTemplate.builder(state, compactor)
                .lockTimeout(Duration.ofMillis(50))
                .build();
        tooLong = true;
        template.execute("s", this::answer);
        tooLong = true;
        executeAsync(template).join();
        Lease held = state.getLock("s").tryAcquire().orElseThrow();
        CompletableFuture<Lease> waiting = state.getLock("s").acquireAsync();
        tooLong = true;
        CompletableFuture<?> joining = executeAsync(template);
        try {
            executeAsync(impatient).join();
            throw new AssertionError("expected its time to be up");
        } catch (CompletionException timedOut) {
            tooLong = false;
            held.compacted();
            held.close();
        }
        joining.join();
        waiting.join().close();
        state.getLock("t"); // drops the other lock, which is told
    }

    private CompletableFuture<CompactedReply<String>> executeAsync(CompactionTemplate template) {
        return template.executeAsync("s", () -> CompletableFuture.completedFuture(answer()));
    }

    private String answer() {
        if (tooLong) {
            throw new IllegalStateException("This model's maximum context length is 8192 tokens.");
        }
        return "answer";
    }

    private static final class Listener implements CompactionListener {}
}
