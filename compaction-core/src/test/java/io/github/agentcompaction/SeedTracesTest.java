package io.github.agentcompaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.github.agentcompaction.SessionLock.Lease;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Replays what the Python class that this library follows answered to random sequences of operations, on a moved clock.
 *
 * <p>Where a trace says {@code seedDiffers}, the expected answer is ours: the Python class had lost a lock that was held,
 * or a peek had kept an older summary.
 */
class SeedTracesTest {

    private static final int TRACES = 50;

    @Test
    void traces_areComplete() throws IOException {
        assertThat(traces()).hasSize(TRACES);
    }

    @TestFactory
    List<DynamicTest> replay_trace() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        JsonNode traces = traces();
        for (int i = 0; i < traces.size(); i++) {
            String name = "trace " + i;
            JsonNode trace = traces.get(i);
            tests.add(dynamicTest(name, () -> new Replay(name, trace).run()));
        }
        return tests;
    }

    private static JsonNode traces() throws IOException {
        try (InputStream json = Objects.requireNonNull(SeedTracesTest.class.getResourceAsStream("/seed-traces.json"))) {
            return JsonMapper.shared().readTree(json.readAllBytes());
        }
    }

    /** One trace on a state of its own. */
    private static final class Replay {

        private final String name;
        private final JsonNode ops;
        private final AtomicLong clock = new AtomicLong();
        private final SessionCompactionState state;

        /** Keeps the leases reachable until their release: a lease without references is taken back. */
        private final Map<String, Lease> held = new HashMap<>();

        Replay(String name, JsonNode trace) {
            this.name = name;
            this.ops = trace.get("ops");
            this.state = SessionCompactionState.builder()
                    .ttl(Duration.ofSeconds(trace.get("ttl").asLong()))
                    .maxSize(trace.get("maxSize").asLong())
                    .ticker(clock::get)
                    .build();
        }

        void run() {
            for (int i = 0; i < ops.size(); i++) {
                JsonNode op = ops.get(i);
                assertThat(answer(op)).as("%s, operation %d: %s", name, i, op).isEqualTo(expected(op));
            }
        }

        private static @Nullable Object expected(JsonNode op) {
            JsonNode expect = op.get("expect");
            if (expect == null || expect.isNull()) {
                return null;
            }
            return expect.isBoolean() ? (Object) expect.booleanValue() : expect.stringValue();
        }

        private @Nullable Object answer(JsonNode op) {
            String kind = op.get("op").stringValue();
            if (kind.equals("tick")) {
                clock.addAndGet(Duration.ofSeconds(op.get("seconds").asLong()).toNanos());
                return null;
            }
            String session = op.get("session").stringValue();
            return switch (kind) {
                case "store" -> {
                    state.storeSummary(session, op.get("summary").stringValue());
                    yield null;
                }
                case "get" -> state.getSummary(session).orElse(null);
                case "pop" -> state.popSummary(session).orElse(null);
                case "acquire" -> tryAcquire(session);
                case "locked" -> state.getLock(session).isLocked();
                case "release" -> {
                    Objects.requireNonNull(held.remove(session), "released what was not acquired")
                            .close();
                    yield null;
                }
                default -> fail("unknown operation " + op);
            };
        }

        private boolean tryAcquire(String session) {
            Lease lease = state.getLock(session).tryAcquire().orElse(null);
            if (lease == null) {
                return false;
            }
            assertThat(held.put(session, lease))
                    .as("%s: %s is held twice", name, session)
                    .isNull();
            return true;
        }
    }
}
