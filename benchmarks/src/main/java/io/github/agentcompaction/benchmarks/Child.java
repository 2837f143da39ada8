package io.github.agentcompaction.benchmarks;

import java.io.File;
import java.io.IOException;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** A measurement in a JVM of its own, for those that are no matter of time per operation. */
final class Child {

    private Child() {}

    /** What a child puts before the line that counts: agents and the JVM print lines of their own. */
    private static final String RESULT = "result ";

    /** Hands figures to the parent; to be called by the child, once. */
    static void report(double... figures) {
        System.out.println(
                RESULT + Arrays.stream(figures).mapToObj(Double::toString).collect(Collectors.joining(" ")));
    }

    /** Runs a main class and returns the figures that it reported. */
    static List<Double> run(Class<?> main, List<String> jvmArgs, Object... args)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(System.getProperty("java.home") + File.separator + "bin" + File.separator + "java");
        command.addAll(jvmArgs);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        Arrays.stream(args).map(Object::toString).forEach(command::add);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        List<String> lines;
        try (var output = process.inputReader(Charset.defaultCharset())) {
            lines = output.lines().toList();
        }
        process.waitFor();
        return lines.stream()
                .filter(line -> process.exitValue() == 0 && line.startsWith(RESULT))
                .map(line -> line.substring(RESULT.length()).split(" "))
                .map(figures -> Arrays.stream(figures).map(Double::valueOf).toList())
                .findFirst()
                .orElseThrow(() -> new IOException(main.getSimpleName() + " failed:\n" + String.join("\n", lines)));
    }
}
