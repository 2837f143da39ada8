package io.github.agentcompaction;

import java.util.concurrent.CompletableFuture;

/** One who waits for a lease. An asynchronous one is the future that the user got, and may carry the user's callbacks. */
final class Waiter extends CompletableFuture<SessionLock.Lease> {

    private final long since;
    private final boolean async;

    Waiter(long since, boolean async) {
        this.since = since;
        this.async = async;
    }

    /** When it began to wait, on the state's ticker. */
    long since() {
        return since;
    }

    boolean isAsync() {
        return async;
    }
}
