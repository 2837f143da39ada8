package io.github.agentcompaction.replicas;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/** A server, a checker, and the processes of one test. All end with it. */
final class Scene implements AutoCloseable {

    /** Short, so that a test sees a lease run out. */
    static final Duration LEASE = Duration.ofSeconds(3);

    /** For processes that stop at the gates of the checker. */
    static final Map<String, String> GATED =
            Map.of("gated", "", "lease", "" + LEASE.toMillis(), "commandTimeout", "2000");

    final TestServer.Kind kind;
    final TestServer server;
    final Checker checker;
    final Ledger ledger;
    final String session;
    private final List<ReplicaProcess> replicas = new ArrayList<>();

    Scene(TestServer.Kind kind) throws Exception {
        this.kind = kind;
        server = kind.start();
        checker = new Checker();
        ledger = checker.ledger;
        session = server.sessions() + "0";
    }

    /** Starts processes p0, p1 and so on, and waits until they are ready. */
    Scene start(int count, Map<String, String> settings) throws Exception {
        for (int i = 0; i < count; i++) {
            replicas.add(new ReplicaProcess(server, checker, i, settings));
        }
        for (ReplicaProcess replica : replicas) {
            replica.awaitReady();
        }
        return this;
    }

    void add(ReplicaProcess replica) throws InterruptedException {
        replicas.add(replica);
        replica.awaitReady();
    }

    ReplicaProcess replica(int number) {
        return replicas.get(number);
    }

    /** Has a process run a command under the given name. */
    void command(int replica, String command, String name, String... arguments) {
        replica(replica).send(command + " " + name + " " + session + " " + String.join(" ", arguments));
    }

    void assertOutcome(String name, String... expected) throws InterruptedException {
        String outcome = Checker.await(checker.outcome(name));
        assertThat(outcome).as(() -> "outcome of '" + name + "'; " + outputs()).isIn((Object[]) expected);
    }

    private String outputs() {
        return replicas.stream().map(r -> r + " printed " + r.output()).collect(Collectors.joining("\n"));
    }

    /** Has a process append some questions with their answers. */
    void fill(int replica) throws InterruptedException {
        for (int i = 0; i < 4; i++) {
            String name = "fill" + i;
            command(replica, "append", name, "filler", "" + (2 * i + 1), "2");
            assertOutcome(name, "DONE");
        }
    }

    List<String> history() {
        return server.history(session);
    }

    /** Runs the load in all processes, with many tasks on few sessions. */
    void load(int tasks, int sessions) {
        replicas.forEach(r -> r.send("load " + tasks + " " + sessions + " " + server.sessions()));
    }

    /** Lets the load run, and end. */
    void runLoad(Duration time) throws InterruptedException {
        LockSupport.parkNanos(time.toNanos()); // the length of the test, not a wait for anything
        stopLoad();
    }

    void stopLoad() throws InterruptedException {
        replicas.forEach(r -> r.send("stop"));
        for (ReplicaProcess replica : replicas) {
            replica.await("stopped");
        }
    }

    /** Compares with the histories, and reports figures. */
    List<Ledger.Violation> violations() {
        ledger.close(server::history);
        List<Ledger.Violation> violations = ledger.violations();
        if (!violations.isEmpty()) {
            System.out.println(outputs());
        }
        return violations;
    }

    Map<String, Integer> leases() {
        return new HashMap<>(ledger.leases());
    }

    @Override
    public void close() throws Exception {
        for (ReplicaProcess replica : replicas) {
            replica.close();
        }
        checker.close();
        server.close();
    }

    @Override
    public String toString() {
        return kind + ", " + replicas.size() + " processes: " + ledger;
    }
}
