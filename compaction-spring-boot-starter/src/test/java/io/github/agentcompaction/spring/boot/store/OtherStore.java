package io.github.agentcompaction.spring.boot.store;

import io.github.agentcompaction.store.LeaseAttempt;
import io.github.agentcompaction.store.LeaseGrant;
import io.github.agentcompaction.store.LeaseStore;
import io.github.agentcompaction.store.StoredSession;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A store of an application's own, which grants everything. */
enum OtherStore implements LeaseStore {
    INSTANCE;

    @Override
    public Duration lease() {
        return Duration.ofSeconds(30);
    }

    @Override
    public CompletionStage<LeaseAttempt> tryAcquire(String session, String token) {
        return CompletableFuture.completedFuture(
                LeaseAttempt.granted(new LeaseGrant(session, token, 1, 1), Optional.empty()));
    }

    @Override
    public CompletionStage<Boolean> renew(LeaseGrant grant) {
        return CompletableFuture.completedFuture(true);
    }

    @Override
    public CompletionStage<Boolean> release(LeaseGrant grant, boolean compacted) {
        return CompletableFuture.completedFuture(true);
    }

    @Override
    public CompletionStage<Void> abandon(String session, String token) {
        return CompletableFuture.completedStage(null).thenAccept(nothing -> {});
    }

    @Override
    public CompletionStage<StoredSession> inspect(String session) {
        return CompletableFuture.completedFuture(StoredSession.UNKNOWN);
    }

    @Override
    public AutoCloseable onReleased(Consumer<@Nullable String> listener) {
        return () -> {};
    }
}
