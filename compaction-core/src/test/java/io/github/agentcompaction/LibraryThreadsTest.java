package io.github.agentcompaction;

import io.github.agentcompaction.SessionLock.Lease;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.security.ProtectionDomain;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.io.TempDir;

/** What the threads of this library, and of the JDK under it, keep of the application that uses them, and when there are none. */
class LibraryThreadsTest {

    @Test
    void blockingAndAsynchronousUse_keepNoClassLoaderOfTheApplication(@TempDir Path directory) throws Exception {
        FreshJvm.run(ApplicationGoes.class, directory);
    }

    @Test
    @EnabledForJreRange(
            max = JRE.JAVA_23,
            disabledReason = "since Java 24 no context class loader can keep a thread from being made")
    void noThreadToBeHad_losesNoWaiterAndLeavesNoGhost(@TempDir Path directory) throws Exception {
        FreshJvm.run(NoThreads.class, directory);
    }

    /** An application with a class loader of its own uses the library, and goes. The library stays, and is used by others. */
    static final class ApplicationGoes {

        public static void main(String[] args) throws Exception {
            WeakReference<ClassLoader> application = use();
            // As long as other applications use it the library's threads live on.
            SessionCompactionState others = SessionCompactionState.builder().build();
            Lease held = others.getLock("s").tryAcquire().orElseThrow();
            CompletableFuture<Lease> waiting = others.getLock("s").acquireAsync();
            Garbage.collectUntil(() -> application.refersTo(null));
            held.close();
            Tasks.get(waiting).close();
        }

        private static WeakReference<ClassLoader> use() throws Exception {
            ClassLoader library = ApplicationGoes.class.getClassLoader();
            ClassLoader own = new OwnClassLoader(library);
            Runnable application = (Runnable) own.loadClass(ForeignApplication.class.getName())
                    .getDeclaredConstructor()
                    .newInstance();
            Thread.currentThread().setContextClassLoader(own);
            try {
                application.run();
            } finally {
                Thread.currentThread().setContextClassLoader(library);
            }
            return new WeakReference<>(own);
        }
    }

    /** Defines the application's classes itself, and leaves the library's to its parent. */
    private static final class OwnClassLoader extends ClassLoader {

        OwnClassLoader(ClassLoader library) {
            super(library);
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith(ForeignApplication.class.getName())) {
                return super.loadClass(name, resolve);
            }
            Class<?> loaded = findLoadedClass(name);
            if (loaded != null) {
                return loaded;
            }
            try (InputStream in = Objects.requireNonNull(getResourceAsStream(name.replace('.', '/') + ".class"))) {
                byte[] bytes = in.readAllBytes();
                ProtectionDomain domain = new ProtectionDomain(null, null, this, null);
                return defineClass(name, bytes, 0, bytes.length, domain);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }

    /** A thread that cannot start another one, because its context class loader cannot be read. */
    static final class NoThreads {

        public static void main(String[] args) throws InterruptedException {
            SessionCompactionState state = SessionCompactionState.builder().build();
            SessionLock lock = state.getLock("s");
            Lease held = lock.tryAcquire().orElseThrow();
            Throwable[] thrown = new Throwable[1];
            Runnable work = () -> {
                handOverToMany(state.getLock("other"));
                waitAndGiveUp(state, lock);
            };
            Thread poor = new Thread(work) {
                @Override
                public ClassLoader getContextClassLoader() {
                    throw new OutOfMemoryError("unable to create native thread, says a test");
                }
            };
            poor.setUncaughtExceptionHandler((thread, failure) -> thrown[0] = failure);
            poor.start();
            poor.join();
            held.close();
            if (thrown[0] != null) {
                throw new AssertionError(thrown[0]);
            }
            if (lock.isLocked()) {
                throw new AssertionError("a ghost has the lease");
            }
        }

        /** Each callback hands over to the next one, on this thread. */
        private static void handOverToMany(SessionLock lock) {
            Lease held = lock.tryAcquire().orElseThrow();
            List<CompletableFuture<Void>> waiting = Stream.generate(
                            () -> lock.acquireAsync().thenAccept(Lease::close))
                    .limit(10_000)
                    .toList();
            held.close();
            if (lock.isLocked() || !waiting.stream().allMatch(CompletableFuture::isDone)) {
                throw new AssertionError("a waiter was lost");
            }
        }

        private static void waitAndGiveUp(SessionCompactionState state, SessionLock lock) {
            CompactionTemplate template = CompactionTemplate.builder(
                            state, session -> Optional.of("a summary that is never made"))
                    .build();
            try {
                if (lock.tryAcquire(Duration.ofMillis(1)).isPresent()) {
                    throw new AssertionError("the lease was held");
                }
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            CompletableFuture<Lease> waiting = lock.acquireAsync();
            waiting.cancel(false);
            // Without a timer it could wait for ever, so it fails; and with no lease, and not in the queue.
            CompletableFuture<CompactionOutcome> compaction = template.compactAsync("s", lock.epoch());
            if (!(Tasks.failure(compaction) instanceof OutOfMemoryError)) {
                throw new AssertionError("expected the error of the thread");
            }
            if (state.waitingCount() != 0) {
                throw new AssertionError("a ghost in the queue");
            }
        }
    }
}
