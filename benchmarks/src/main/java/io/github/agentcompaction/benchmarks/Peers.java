package io.github.agentcompaction.benchmarks;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Starts what needs the libraries of the peers in a JVM of its own: they are on no other class path. */
final class Peers {

    private static final String PACKAGE = "io.github.agentcompaction.benchmarks.";

    private Peers() {}

    /**
     * Runs a main class.
     *
     * @param main its name, from this package on
     * @return the exit code
     */
    static int run(String main, String... args) throws IOException, InterruptedException, URISyntaxException {
        Path libraries = Path.of(Peers.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI())
                .resolveSibling("lib-side-by-side");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path") + File.pathSeparator + libraries + File.separator + "*",
                PACKAGE + main));
        command.addAll(List.of(args));
        Process process = new ProcessBuilder(command).inheritIO().start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroy)); // an end of this JVM ends that one
        return process.waitFor();
    }
}
