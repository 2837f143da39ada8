package io.github.agentcompaction;

import static org.awaitility.Awaitility.await;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.concurrent.Callable;

/** Makes the garbage collector run until something has happened. */
final class Garbage {

    private Garbage() {}

    static void collectUntil(Callable<Boolean> happened) {
        await().atMost(Duration.ofSeconds(Tasks.LIMIT_SECONDS))
                .pollInterval(Duration.ofMillis(20))
                .until(() -> {
                    System.gc();
                    return happened.call();
                });
    }

    /** Whatever is weakly reachable now is collected on return. */
    static void collect() {
        WeakReference<Object> canary = new WeakReference<>(new Object());
        collectUntil(() -> canary.refersTo(null));
    }
}
