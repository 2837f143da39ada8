package io.github.agentcompaction;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;

/** The future that an asynchronous caller got. It may be completed by anybody, and may carry callbacks that block. */
final class FutureWaiter extends CompletableFuture<SessionLock.Lease> implements Waiter {

    private final QueuedLock lock;
    private final long since;

    FutureWaiter(QueuedLock lock, long since) {
        this.lock = lock;
        this.since = since;
    }

    @Override
    public long since() {
        return since;
    }

    @Override
    public void grant(HeldLease lease) {
        Runnable delivery = () -> deliver(lease);
        try {
            OnDemandThreads.execute(delivery);
        } catch (Throwable noThread) {
            delivery.run(); // no memory for another thread: late is better than never
        }
    }

    private void deliver(HeldLease lease) {
        SessionLocks locks = lock.locks();
        if (isDone()) { // given up after it was granted
            lease.close();
            whenComplete((none, failure) -> locks.tellGivenUp(lock, this, failure instanceof TimeoutException));
            return;
        }
        locks.tellAcquired(lock, this); // before the callbacks, which may take long
        if (!complete(lease)) {
            lease.close();
        }
    }
}
