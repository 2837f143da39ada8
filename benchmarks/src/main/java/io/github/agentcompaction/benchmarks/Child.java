package io.github.agentcompaction.benchmarks;

import java.io.File;
import java.io.IOException;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.List;

/** A measurement in a JVM of its own, for those that are no matter of time per operation. */
final class Child {

    private Child() {}

    /** What a child puts before the line that counts: agents and the JVM print lines of their own. */
    private static final String RESULT = "result ";

    /** To be called by the child: hands a line to the parent. */
    static void report(String result) {
        System.out.println(RESULT + result);
    }

    /** Runs a main class and returns what it reported, a line for each report. */
    static List<String> run(Class<?> main, List<String> jvmArgs, String... args)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(System.getProperty("java.home") + File.separator + "bin" + File.separator + "java");
        command.addAll(jvmArgs);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(args));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        List<String> lines;
        try (var output = process.inputReader(Charset.defaultCharset())) {
            lines = output.lines().toList();
        }
        if (process.waitFor() != 0) {
            throw new IOException(main.getSimpleName() + " failed:\n" + String.join("\n", lines));
        }
        return lines.stream()
                .filter(line -> line.startsWith(RESULT))
                .map(line -> line.substring(RESULT.length()))
                .toList();
    }
}
