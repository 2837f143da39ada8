package io.github.agentcompaction.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.OptionalDouble;

/** Measures the lock of the Python class that this project began as, where {@code python3} has cachetools. */
final class PythonOriginal {

    private static final String SCRIPT = "python_original.py";

    private PythonOriginal() {}

    /** {@return the nanoseconds of getting, taking and giving back a lock; empty if it cannot be run here} */
    static OptionalDouble nanos() throws InterruptedException {
        try (InputStream script = Objects.requireNonNull(PythonOriginal.class.getResourceAsStream(SCRIPT))) {
            Process python = new ProcessBuilder("python3", "-")
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try (OutputStream input = python.getOutputStream()) {
                script.transferTo(input);
            }
            String printed = new String(python.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            python.waitFor();
            return OptionalDouble.of(Double.parseDouble(printed.strip()));
        } catch (IOException | NumberFormatException noPython) {
            return OptionalDouble.empty();
        }
    }
}
