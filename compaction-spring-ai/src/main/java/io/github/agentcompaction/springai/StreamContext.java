package io.github.agentcompaction.springai;

import io.micrometer.context.ContextSnapshot;
import io.micrometer.context.ContextSnapshotFactory;
import java.util.function.Supplier;
import reactor.util.context.ContextView;

/**
 * Shows what the context of a stream carries, such as its observation, to code that looks for it in thread-locals, where a stream has
 * nothing. Needs context-propagation; without it the code sees what is on its thread.
 */
final class StreamContext {

    private static final boolean CARRIED = isCarried();

    private StreamContext() {}

    /** Calls something with the stream's context on this thread, until it returns. */
    static <T> T visible(ContextView context, Supplier<T> call) {
        return CARRIED ? Snapshots.visible(context, call) : call.get();
    }

    private static boolean isCarried() {
        try {
            return Snapshots.areThere();
        } catch (NoClassDefFoundError missing) {
            return false;
        }
    }

    /** All that needs the library, loaded only where it is. */
    private static final class Snapshots {

        private static final ContextSnapshotFactory FACTORY =
                ContextSnapshotFactory.builder().build();

        private Snapshots() {}

        static boolean areThere() {
            return true;
        }

        static <T> T visible(ContextView context, Supplier<T> call) {
            ContextSnapshot.Scope scope = FACTORY.setThreadLocalsFrom(context);
            try {
                return call.get();
            } finally {
                scope.close();
            }
        }
    }
}
