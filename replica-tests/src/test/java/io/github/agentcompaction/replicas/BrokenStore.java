package io.github.agentcompaction.replicas;

import io.github.agentcompaction.store.LeaseAttempt;
import io.github.agentcompaction.store.LeaseGrant;
import io.github.agentcompaction.store.LeaseStore;
import io.github.agentcompaction.store.StoredSession;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** Broken on purpose: each process grants itself what it asks for. The checker has to notice. */
final class BrokenStore implements LeaseStore {

    private final AtomicLong fences = new AtomicLong();

    @Override
    public Duration lease() {
        return Duration.ofSeconds(30);
    }

    @Override
    public CompletionStage<LeaseAttempt> tryAcquire(String session, String token) {
        return done(LeaseAttempt.granted(
                new LeaseGrant(session, token, fences.incrementAndGet(), 1), Optional.of(Duration.ofDays(1))));
    }

    @Override
    public CompletionStage<Boolean> renew(LeaseGrant grant) {
        return done(true);
    }

    @Override
    public CompletionStage<Boolean> release(LeaseGrant grant, boolean compacted) {
        return done(true);
    }

    @Override
    public CompletionStage<Void> abandon(String session, String token) {
        return done(null);
    }

    @Override
    public CompletionStage<StoredSession> inspect(String session) {
        return done(StoredSession.UNKNOWN);
    }

    @Override
    public AutoCloseable onReleased(Consumer<String> listener) {
        return () -> {};
    }

    private static <T> CompletionStage<T> done(T value) {
        return CompletableFuture.completedFuture(value);
    }
}
