package io.github.agentcompaction.benchmarks.stores;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.redisson.Redisson;
import org.redisson.api.RFencedLock;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

/** Redisson's fenced lock with its defaults: a watchdog renews it. */
final class RedissonLocks implements LockPeer {

    private final RedissonClient client;

    /** Redisson knows the holder by the number of a thread; who waits without one takes a number that no thread has. */
    private final AtomicLong owners = new AtomicLong(1_000_000_000);

    RedissonLocks(int port) {
        Config config = new Config();
        config.useSingleServer().setAddress("redis://127.0.0.1:" + port);
        client = Redisson.create(config);
    }

    @Override
    public Runnable acquire(String session) throws InterruptedException {
        RFencedLock lock = client.getFencedLock(session);
        lock.lockInterruptibly();
        return lock::unlock;
    }

    @Override
    public Waiting await(String session) {
        RFencedLock lock = client.getFencedLock(session);
        long owner = owners.incrementAndGet();
        CompletableFuture<Void> locked = lock.lockAsync(owner).toCompletableFuture();
        return new Waiting(
                locked.thenApply(nothing -> {
                    long now = Clock.micros();
                    lock.unlockAsync(owner);
                    return now;
                }),
                () -> locked.cancel(true));
    }

    @Override
    public void close() {
        client.shutdown();
    }
}
