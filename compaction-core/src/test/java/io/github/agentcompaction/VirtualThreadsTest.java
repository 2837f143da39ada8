package io.github.agentcompaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.agentcompaction.SessionLock.Lease;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.io.TempDir;

@EnabledForJreRange(min = JRE.JAVA_21, disabledReason = "virtual threads came with Java 21")
class VirtualThreadsTest {

    private static final int WAITERS = 10_000;

    private final SessionCompactionState state =
            SessionCompactionState.builder().build();
    private final SessionLock lock = state.getLock("session");

    /** Not atomic: without mutual exclusion, increments would be lost. */
    private int granted;

    @Test
    void acquire_manyVirtualThreads_pinNoCarrier(@TempDir Path directory) throws Exception {
        letTakeTurns(100); // loads the classes: a virtual thread that waits for a class to be loaded is pinned
        granted = 0;
        long epoch = lock.epoch();

        List<RecordedEvent> pinned = pinnedDuring(directory.resolve("pinned.jfr"), () -> letTakeTurns(WAITERS));

        assertThat(granted).isEqualTo(WAITERS);
        assertThat(lock.epoch()).isEqualTo(epoch + WAITERS);
        assertThat(lock.isLocked()).isFalse();
        assertThat(state.waitingCount()).isZero();
        assertThat(pinned).isEmpty();
    }

    private void letTakeTurns(int number) throws Exception {
        ExecutorService threads = newVirtualThreads();
        AtomicInteger holders = new AtomicInteger();
        List<Future<?>> waiters = new ArrayList<>();
        Lease first = lock.acquire();
        for (int i = 0; i < number; i++) {
            waiters.add(threads.submit(() -> {
                try (Lease lease = lock.acquire()) {
                    assertThat(holders.incrementAndGet()).isOne();
                    granted++;
                    Thread.yield(); // lets others run on this carrier while the lease is held
                    holders.decrementAndGet();
                    lease.compacted();
                }
                return null;
            }));
        }
        await().atMost(Duration.ofSeconds(30)).until(() -> state.waitingCount() == number);
        first.close();
        for (Future<?> waiter : waiters) {
            waiter.get(30, TimeUnit.SECONDS);
        }
        threads.shutdown();
    }

    /** By reflection, because this compiles on 17. */
    private static ExecutorService newVirtualThreads() throws ReflectiveOperationException {
        return (ExecutorService)
                Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
    }

    private static List<RecordedEvent> pinnedDuring(Path file, Work work) throws Exception {
        try (Recording recording = new Recording()) {
            recording
                    .enable("jdk.VirtualThreadPinned")
                    .withThreshold(Duration.ZERO)
                    .withStackTrace();
            recording.start();
            work.run();
            recording.stop();
            recording.dump(file);
        }
        return pinnedIn(file);
    }

    private static List<RecordedEvent> pinnedIn(Path file) throws IOException {
        return RecordingFile.readAllEvents(file).stream()
                .filter(event -> event.getEventType().getName().equals("jdk.VirtualThreadPinned"))
                .filter(event -> !loadsAClass(event))
                .toList();
    }

    /** No business of ours, and not all classes are loaded by those who took turns first. */
    private static boolean loadsAClass(RecordedEvent event) {
        return event.getStackTrace().getFrames().stream()
                .anyMatch(frame -> frame.getMethod().getType().getName().endsWith("ClassLoader"));
    }

    private interface Work {
        void run() throws Exception;
    }
}
