package io.github.agentcompaction.benchmarks.stores;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A JVM that is told what to do by lines, and answers by lines with a mark in front. It ends with {@link #close()}, and with
 * this process. For one thread.
 */
public final class ChildJvm implements AutoCloseable {

    private static final String ENDED = "the process has ended";

    private final String name;
    private final String mark;
    private final Process process;
    private final PrintStream input;
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    private final List<String> others = new ArrayList<>(); // guarded by itself

    /**
     * Starts a main class on this process's class path.
     *
     * @param mark what a line of its standard output begins with that is an answer
     */
    public ChildJvm(Class<?> main, String mark, List<String> jvmArgs, Object... args) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvmArgs);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        Arrays.stream(args).map(Object::toString).forEach(command::add);
        this.name = main.getSimpleName();
        this.mark = mark;
        this.process = new ProcessBuilder(command).redirectErrorStream(true).start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        this.input = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
        Thread reader = new Thread(this::read, name + "-output");
        reader.setDaemon(true);
        reader.start();
    }

    private void read() {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith(mark)) {
                    answers.add(line.substring(mark.length()));
                } else {
                    synchronized (others) {
                        others.add(line);
                    }
                }
            }
        } catch (IOException e) {
            // It was ended.
        }
        answers.add(ENDED);
    }

    /** Tells it a line. */
    public void tell(Object... words) {
        input.println(
                String.join(" ", Arrays.stream(words).map(Object::toString).toList()));
    }

    /** {@return its next answer} */
    public String next(long seconds) throws IOException, InterruptedException {
        String answer = answers.poll(seconds, TimeUnit.SECONDS);
        if (answer == null || answer.equals(ENDED)) {
            synchronized (others) {
                throw new IOException(name
                        + (answer == null ? " does not answer; it said:\n" : " has ended; it said:\n")
                        + String.join("\n", others));
            }
        }
        return answer;
    }

    /** {@return its next answer, if there is one} */
    public String nextOr(String none, long millis) throws IOException, InterruptedException {
        String waiting = answers.poll(millis, TimeUnit.MILLISECONDS);
        if (waiting == null) {
            return none;
        }
        if (waiting.equals(ENDED)) {
            answers.add(waiting);
            return next(1);
        }
        return waiting;
    }

    @Override
    public void close() {
        input.close();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
