package io.github.agentcompaction.replicas;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Many tasks of two and three processes on few sessions: whatever they do, the {@link Ledger} has nothing to object. */
class StressTest {

    private static final int TASKS = 50; // of each process
    private static final int SESSIONS = 20;

    @ParameterizedTest(name = "{0}, {1} processes, {2} s")
    @CsvSource({
        "H2, 2, 5",
        "POSTGRESQL, 2, 15",
        "POSTGRESQL, 3, 15",
        "MARIADB, 2, 15",
        "MARIADB, 3, 15",
        "REDIS, 2, 15",
        "REDIS, 3, 15"
    })
    void manyTasks_neverTwoHolders_noMessageIsLostDoubledOrRevived(TestServer.Kind kind, int processes, int seconds)
            throws Exception {
        try (Scene scene = new Scene(kind).start(processes, Map.of())) {
            scene.load(TASKS, SESSIONS);
            scene.runLoad(Duration.ofSeconds(seconds));

            assertThat(scene.violations()).isEmpty();
            System.out.println(seconds + " s on " + scene);
            assertThat(scene.leases())
                    .hasSize(processes)
                    .allSatisfy((process, leases) -> assertThat(leases).isGreaterThan(3));
            assertThat(scene.ledger.appendCount()).isGreaterThan(50);
            assertThat(scene.ledger.commitCount()).isGreaterThan(5);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"POSTGRESQL", "MARIADB"})
    void connectionsKilledAllTheTime_alsoWhileCommitting_noMessageIsLostDoubledOrRevived(TestServer.Kind kind)
            throws Exception {
        try (Scene scene = new Scene(kind).start(2, Map.of("failing", "", "lease", "6000", "commandTimeout", "2000"))) {
            scene.load(TASKS, SESSIONS);
            int killed = 0;
            long start = System.nanoTime();
            while (System.nanoTime() - start < 8_000_000_000L || !hasWorked(scene.ledger) || killed < 20) {
                assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Checker.LIMIT);
                Long id = scene.checker.connectionIds.poll();
                if (id != null) {
                    ((DatabaseServer) scene.server).killConnection(id);
                    killed++;
                }
                Thread.sleep(
                        40); // the pace: all at once would be one outage, and not connections that break one by one
            }
            scene.stopLoad();

            assertThat(scene.violations()).isEmpty();
            System.out.println(killed + " connections killed on " + scene + ", failures " + scene.checker.failures);
        }
    }

    private static boolean hasWorked(Ledger ledger) {
        return ledger.appendCount() > 50 && ledger.commitCount() > 5;
    }
}
