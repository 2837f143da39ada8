package io.github.agentcompaction.benchmarks.stores;

import java.util.concurrent.CompletableFuture;

/** Locks over a server, as one process of several uses them. */
interface LockPeer extends AutoCloseable {

    /** Takes the lock of a session on this thread, however long that takes, and returns what gives it back on this thread. */
    Runnable acquire(String session) throws InterruptedException;

    /**
     * Begins to wait for the lock of a session, and gives it back as soon as it has it. Here a thread waits, and giving up is an
     * interrupt.
     */
    default Waiting await(String session) {
        CompletableFuture<Long> got = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        Runnable release = acquire(session);
                        got.complete(Clock.micros());
                        release.run();
                    } catch (Throwable e) {
                        got.completeExceptionally(e);
                    }
                },
                "waiting");
        thread.setDaemon(true);
        thread.start();
        return new Waiting(got, thread::interrupt);
    }

    @Override
    void close();

    /**
     * One that waits.
     *
     * @param got when it got the lock
     * @param cancel lets it give up
     */
    record Waiting(CompletableFuture<Long> got, Runnable cancel) {}
}
