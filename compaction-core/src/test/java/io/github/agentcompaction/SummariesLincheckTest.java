package io.github.agentcompaction;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;

/**
 * Checks that {@link DeferredSummaries} are linearizable to a map in the order of writing: one text for each session,
 * the newest, taken by one caller at most, and the oldest-written go first. {@link SessionCompactionState} only checks
 * the arguments of these operations.
 */
@Param(name = "session", gen = IntGen.class, conf = "1:3")
@Param(name = "text", gen = IntGen.class, conf = "1:9")
public class SummariesLincheckTest {

    /** Fewer than there are sessions, so that some go. */
    private static final int MAX_SIZE = 2;

    private final DeferredSummaries summaries =
            new DeferredSummaries("agent", Duration.ofHours(1), MAX_SIZE, () -> 0L, new Listeners(List.of(), false));

    /** For Lincheck. */
    public SummariesLincheckTest() {}

    @Operation
    public void store(@Param(name = "session") int session, @Param(name = "text") int text) {
        summaries.put("session " + session, "text " + text);
    }

    @Operation
    public String get(@Param(name = "session") int session) {
        return summaries.peek("session " + session).orElse("none");
    }

    @Operation
    public String pop(@Param(name = "session") int session) {
        return summaries.popNow("session " + session).summary().orElse("none");
    }

    @Operation
    public boolean discard(@Param(name = "session") int session) {
        return summaries.discard("session " + session);
    }

    @Operation
    public int count() {
        return summaries.size();
    }

    @Test
    void modelChecking() {
        new ModelCheckingOptions()
                .sequentialSpecification(Specification.class)
                .iterations(10)
                .invocationsPerIteration(150)
                .threads(2)
                .actorsPerThread(3)
                .actorsBefore(2)
                .actorsAfter(2)
                .check(SummariesLincheckTest.class);
    }

    @Test
    void stress() {
        new StressOptions()
                .sequentialSpecification(Specification.class)
                .iterations(10)
                .invocationsPerIteration(1_000)
                .threads(3)
                .actorsPerThread(3)
                .actorsBefore(2)
                .actorsAfter(2)
                .check(SummariesLincheckTest.class);
    }

    /** The same for one thread. */
    public static class Specification {

        private final Map<Integer, Integer> texts = new LinkedHashMap<>();

        /** For Lincheck. */
        public Specification() {}

        public void store(int session, int text) {
            texts.remove(session);
            texts.put(session, text);
            if (texts.size() > MAX_SIZE) {
                texts.remove(texts.keySet().iterator().next());
            }
        }

        public String get(int session) {
            return Optional.ofNullable(texts.get(session))
                    .map(text -> "text " + text)
                    .orElse("none");
        }

        public String pop(int session) {
            String text = get(session);
            texts.remove(session);
            return text;
        }

        public boolean discard(int session) {
            return texts.remove(session) != null;
        }

        public int count() {
            return texts.size();
        }
    }
}
