package io.github.agentcompaction.benchmarks;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The session ids of one run, the same for a subject and its reference. */
@State(Scope.Benchmark)
public class SessionIds {

    @Param("10000")
    int sessions;

    private String[] kept;

    /** Makes the ids. */
    @Setup
    public void create() {
        kept = create(sessions);
    }

    int count() {
        return sessions;
    }

    /** The ids to fill a cache with. */
    List<String> kept() {
        return List.of(kept);
    }

    static String[] create(int count) {
        Random random = new Random(0);
        String[] ids = new String[count];
        Arrays.setAll(ids, i -> new UUID(random.nextLong(), random.nextLong()).toString());
        return ids;
    }

    /**
     * The order in which one thread asks for them, again and again.
     *
     * <p>What is asked for is equal to what is kept and not the same object, because an id comes with each request; its
     * hash is computed once, because a request uses its id more than once. The order is shuffled, so that neither side
     * profits from the order in which memory was allocated.
     */
    @State(Scope.Thread)
    public static class Asked {

        private String[] asked;
        private int position;

        /** Copies and shuffles. */
        @Setup
        public void shuffle(SessionIds ids) {
            asked = new String[ids.count()];
            Arrays.setAll(asked, i -> new String(ids.kept[i].toCharArray()));
            Collections.shuffle(Arrays.asList(asked), new Random(1));
        }

        String next() {
            String id = asked[position];
            position = position + 1 == asked.length ? 0 : position + 1;
            return id;
        }
    }
}
