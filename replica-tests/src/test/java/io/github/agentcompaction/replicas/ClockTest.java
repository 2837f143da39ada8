package io.github.agentcompaction.replicas;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The clock of one process is an hour ahead: only the server's counts, and the time that a process itself measures passing. */
class ClockTest {

    @ParameterizedTest(name = "{0}")
    @EnumSource(
            value = TestServer.Kind.class,
            names = {"H2", "REDIS"})
    void clockAnHourAhead_changesNothing(TestServer.Kind kind) throws Exception {
        String library = library()
                .orElseGet(() ->
                        Assumptions.abort("Skipped, for there is no libfaketime, which moves the clock of a process"
                                + " (Debian's package libfaketime; FAKETIME_LIBRARY names one elsewhere)"));
        Map<String, String> ahead = Map.of(
                "LD_PRELOAD", library, // makes a process slow
                "FAKETIME", "+1h",
                "FAKETIME_DISABLE_SHM", "1",
                "FAKETIME_DONT_FAKE_MONOTONIC", "1",
                "DONT_FAKE_MONOTONIC", "1");
        try (Scene scene = new Scene(kind)) {
            scene.add(new ReplicaProcess(scene.server, scene.checker, 0, Map.of()));
            scene.add(new ReplicaProcess(scene.server, scene.checker, 1, Map.of(), ahead));
            scene.command(1, "clock", "clock");
            long moved = Long.parseLong(Checker.await(scene.checker.outcome("clock"))) - System.currentTimeMillis();
            assertThat(Duration.ofMillis(moved)).isBetween(Duration.ofMinutes(50), Duration.ofMinutes(70));

            scene.load(6, 3);
            Awaitility.await("leases of both, which one that looks expired or endless would keep from one of them")
                    .atMost(Checker.LIMIT)
                    .until(() -> scene.leases().size() == 2
                            && scene.leases().values().stream().allMatch(leases -> leases > 5)
                            && scene.ledger.commitCount() > 5);
            scene.stopLoad();

            assertThat(scene.violations()).isEmpty();
            System.out.println("One clock an hour ahead, on " + scene);
        }
    }

    private static Optional<String> library() {
        String named = System.getenv("FAKETIME_LIBRARY");
        if (named != null) {
            return Optional.of(named);
        }
        return Stream.of("/usr/lib", "/usr/lib64", "/usr/local/lib")
                .map(Path::of)
                .filter(Files::isDirectory)
                .flatMap(ClockTest::below)
                .map(directory -> directory.resolve("faketime/libfaketime.so.1"))
                .filter(Files::exists)
                .map(Path::toString)
                .findFirst();
    }

    /** The directory, and those in it, of which Debian has one for each processor. */
    private static Stream<Path> below(Path directory) {
        try (Stream<Path> inside = Files.list(directory)) {
            return Stream.concat(Stream.of(directory), inside.toList().stream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
