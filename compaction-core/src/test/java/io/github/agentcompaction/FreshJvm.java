package io.github.agentcompaction;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a main class in a JVM of its own, for tests of what only the first use in a JVM does. */
final class FreshJvm {

    private FreshJvm() {}

    /** Passes if the program ends with exit code 0; what it printed is in the failure. */
    static void run(Class<?> program, Path directory) throws Exception {
        Path output = directory.resolve("output");
        Process jvm = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        program.getName()))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            boolean ended = jvm.waitFor(Tasks.LIMIT_SECONDS, TimeUnit.SECONDS);
            assertThat(ended ? jvm.exitValue() : -1)
                    .as("exit code; it printed: %s", Files.readString(output))
                    .isZero();
        } finally {
            jvm.destroyForcibly();
        }
    }
}
