package io.github.agentcompaction.replicas;

import io.github.agentcompaction.CompactedReply;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.ContextLimitExceededException;
import io.github.agentcompaction.SessionLock;
import io.github.agentcompaction.SessionLock.Lease;
import io.github.agentcompaction.SessionLockTimeoutException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/**
 * Many tasks that use a replica at once: they append, run the model on histories that get too long, take leases for themselves, wait
 * shortly, and cancel.
 */
final class Load {

    private final Replica replica;
    private final int tasks;
    private final List<String> sessions;
    private final CompactionTemplate patient;
    private final CompactionTemplate impatient;
    private final Set<CompletableFuture<?>> running = ConcurrentHashMap.newKeySet();
    private volatile boolean stopped;
    private Thread[] threads;

    Load(Replica replica, int tasks, int sessions, String prefix) {
        this.replica = replica;
        this.tasks = tasks;
        this.sessions = Replica.sessions(prefix, sessions);
        this.patient = template(Duration.ofSeconds(60));
        this.impatient = template(Duration.ofMillis(40));
    }

    private CompactionTemplate template(Duration lockTimeout) {
        return CompactionTemplate.builder(replica.state, replica.compactor)
                .lockTimeout(lockTimeout)
                .maxCompactions(20)
                .contextLimit(e -> e instanceof Replica.TooLong || e.getCause() instanceof Replica.TooLong)
                .build();
    }

    void start() {
        threads = new Thread[tasks];
        for (int i = 0; i < tasks; i++) {
            Task task = new Task(replica.name + "." + i);
            threads[i] = new Thread(task, "task-" + i);
            threads[i].setDaemon(true);
            threads[i].start();
        }
    }

    /** Tells the checker when all that was begun has ended. */
    void stop() {
        stopped = true;
        Thread waiter = new Thread(
                () -> {
                    try {
                        for (Thread thread : threads) {
                            thread.join();
                        }
                        for (CompletableFuture<?> future : running) {
                            future.handle((value, failure) -> 0).join();
                        }
                        while (replica.state.heldCount() > 0 // cancelled futures end before their compactions do
                                || replica.state.waitingCount() > 0
                                || !replica.reports.allSent()) {
                            LockSupport.parkNanos(10_000_000);
                        }
                        replica.reports.tell("state", "stopped");
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "stop");
        waiter.setDaemon(true);
        waiter.start();
    }

    private final class Task implements Runnable {

        private final String name;
        private final Map<String, Integer> appended = new HashMap<>();

        Task(String name) {
            this.name = name;
        }

        @Override
        public void run() {
            while (!stopped) {
                try {
                    step(sessions.get(random(sessions.size())));
                } catch (Throwable e) {
                    Throwable cause = e instanceof CompletionException ? e.getCause() : e;
                    if (!(cause instanceof SessionLockTimeoutException)
                            && !(cause instanceof ContextLimitExceededException)) {
                        cause.printStackTrace();
                        replica.reports.tell(replica.expectsFailures ? "failed" : "error", cause.toString());
                    }
                }
            }
        }

        private void step(String session) throws InterruptedException {
            int dice = random(100);
            if (dice < 30) {
                int count = 1 + random(2);
                int first = appended.merge(session, count, Integer::sum) - count + 1;
                replica.append(session, name, first, count);
            } else if (dice < 50) {
                deliver(patient.execute(session, () -> model(session)));
            } else if (dice < 58) {
                deliver(impatient.execute(session, () -> model(session)));
            } else if (dice < 66) {
                cancelledRun(session);
            } else if (dice < 90) {
                Optional<Lease> lease = lock(session).tryAcquire(Duration.ofMillis(random(60)));
                lease.ifPresent(l -> use(session, l));
            } else {
                cancelledWait(session);
            }
        }

        /** Cancelled early or late: what it has begun goes on, or never begins. */
        private void cancelledRun(String session) {
            CompletableFuture<CompactedReply<String>> run =
                    patient.executeAsync(session, () -> CompletableFuture.supplyAsync(() -> model(session)));
            running.add(run);
            run.whenComplete((value, failure) -> running.remove(run));
            pause(10);
            if (!run.cancel(true)) {
                run.thenAccept(this::deliver).join();
            }
        }

        private void cancelledWait(String session) {
            CompletableFuture<Lease> wait = lock(session).acquireAsync();
            pause(10);
            if (!wait.cancel(true)) { // its lease has come first
                use(session, wait.join());
            }
        }

        private void use(String session, Lease lease) {
            try (lease) {
                replica.store.enter(session, lease.fence());
                pause(5);
                replica.reports.leave(session, lease.fence());
                if (random(10) == 0) {
                    lease.compacted(); // by a compactor of its own, that has found nothing to write
                }
            }
        }

        private String model(String session) {
            int size = replica.history.size(session);
            pause(3);
            if (size > Replica.WINDOW) {
                throw new Replica.TooLong();
            }
            return "answer";
        }

        private void deliver(CompactedReply<String> reply) {
            reply.summary().ifPresent(summary -> replica.reports.tell("delivered", MessageIds.nameOf(summary)));
        }
    }

    private SessionLock lock(String session) {
        return replica.state.getLock(session);
    }

    /** As long as some work takes. */
    private static void pause(int maxMillis) {
        LockSupport.parkNanos(1_000_000L * random(maxMillis + 1));
    }

    private static int random(int bound) {
        return ThreadLocalRandom.current().nextInt(bound);
    }
}
