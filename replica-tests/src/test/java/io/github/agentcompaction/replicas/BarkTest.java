package io.github.agentcompaction.replicas;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.replicas.Ledger.Kind;
import io.github.agentcompaction.replicas.Ledger.Violation;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The same load on what is broken on purpose: what {@link StressTest} relies on has to bark. */
class BarkTest {

    @Test
    void storeThatGrantsAlways_isNoticed() throws Exception {
        try (Scene scene = new Scene(TestServer.Kind.H2).start(2, Map.of("broken", ""))) {
            scene.load(20, 5);
            Awaitility.await()
                    .atMost(Checker.LIMIT)
                    .until(() -> scene.ledger.violations(Kind.OVERLAP).size() > 10 && scene.ledger.commitCount() > 10);
            scene.stopLoad();
            scene.ledger.close(scene.server::history);

            System.out.println("Broken leases: " + scene);
            assertThat(scene.ledger.violations())
                    .extracting(Violation::kind)
                    .contains(Kind.OVERLAP, Kind.FENCE, Kind.EPOCH);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"H2", "POSTGRESQL", "MARIADB"})
    void historyWithoutGuard_isNoticed(TestServer.Kind kind) throws Exception {
        try (Scene scene = new Scene(kind).start(2, Map.of("unguarded", "", "failing", ""))) {
            scene.load(4, 2);
            Awaitility.await()
                    .atMost(Checker.LIMIT)
                    .pollInterval(Duration.ofMillis(100))
                    .until(() -> {
                        List<String> texts = scene.history();
                        return new HashSet<>(texts).size() < texts.size() || scene.ledger.appendCount() > 300;
                    });
            scene.replica(0).kill(); // before its messages multiply without end
            scene.replica(1).kill();
            scene.ledger.close(scene.server::history);

            System.out.println("Unguarded history: " + scene);
            assertThat(scene.ledger.violations())
                    .extracting(Violation::kind)
                    .containsAnyOf(Kind.LOST, Kind.DOUBLED, Kind.REVIVED);
        }
    }
}
