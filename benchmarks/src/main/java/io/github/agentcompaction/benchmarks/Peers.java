package io.github.agentcompaction.benchmarks;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;

/** Starts the side-by-side runs in a JVM of their own: the libraries of the peers are on no other class path. */
final class Peers {

    private static final String MAIN = "io.github.agentcompaction.benchmarks.sidebyside.SideBySide";

    private Peers() {}

    /** {@return the exit code} */
    static int runSideBySide() throws IOException, InterruptedException, URISyntaxException {
        Path libraries = Path.of(Peers.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI())
                .resolveSibling("lib-side-by-side");
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path") + File.pathSeparator + libraries + File.separator + "*",
                MAIN);
        return new ProcessBuilder(command).inheritIO().start().waitFor();
    }
}
