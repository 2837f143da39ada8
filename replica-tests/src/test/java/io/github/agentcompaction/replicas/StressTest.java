package io.github.agentcompaction.replicas;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Many tasks of two and three processes on few sessions: whatever they do, the {@link Ledger} has nothing to object. */
class StressTest {

    private static final int TASKS = 50;
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
        try (TestServer server = kind.start();
                Checker checker = new Checker()) {
            run(server, checker, processes, Duration.ofSeconds(seconds));

            System.out.println(kind + ", " + processes + " processes, " + seconds + " s: " + checker.ledger);
            assertThat(checker.ledger.violations()).isEmpty();
            assertThat(checker.ledger.leases()).hasSize(processes);
            assertThat(checker.ledger.leases().values())
                    .allSatisfy(leases -> assertThat(leases).isGreaterThan(20));
            assertThat(checker.ledger.appendCount()).isGreaterThan(100);
            assertThat(checker.ledger.commitCount()).isGreaterThan(20);
        }
    }

    private static void run(TestServer server, Checker checker, int processes, Duration time) throws Exception {
        List<ReplicaProcess> replicas = new ArrayList<>();
        try {
            for (int i = 0; i < processes; i++) {
                replicas.add(new ReplicaProcess(server, checker, i, Map.of()));
            }
            for (ReplicaProcess replica : replicas) {
                replica.awaitReady();
            }
            replicas.forEach(r -> r.send("load " + TASKS + " " + SESSIONS + " " + server.sessions()));
            LockSupport.parkNanos(time.toNanos()); // the length of the test, not a wait for anything
            replicas.forEach(r -> r.send("stop"));
            for (ReplicaProcess replica : replicas) {
                replica.await("stopped");
            }
            checker.ledger.close(server::history);
        } finally {
            for (ReplicaProcess replica : replicas) {
                if (!checker.ledger.violations().isEmpty()) {
                    System.out.println(replica + " printed " + replica.output());
                }
                replica.close();
            }
        }
    }
}
