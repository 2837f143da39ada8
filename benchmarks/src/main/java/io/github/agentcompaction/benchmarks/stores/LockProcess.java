package io.github.agentcompaction.benchmarks.stores;

import io.github.agentcompaction.benchmarks.stores.LockPeer.Waiting;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;

/** One of the processes between which a lock is handed over. Ends with its standard input. */
public final class LockProcess {

    static final String MARK = "lock: ";

    /** What it says of a waiter that has not got the lock in time. */
    static final String NOT_YET = "not yet";

    /** What a process does next must not take the processor from the hand-over; some peers wait for Redis to answer, some do not. */
    private static final int QUIET_MILLIS = 20;

    private final Servers servers;
    private final Map<Peer, LockPeer> peers = new EnumMap<>(Peer.class);
    private @Nullable Runnable release;
    private @Nullable Waiting first;
    private @Nullable Waiting second;

    private LockProcess(Servers servers) {
        this.servers = servers;
    }

    /** The port of Redis and the schema in PostgreSQL, as in {@link Servers}. */
    public static void main(String[] args) throws Exception {
        LoggingSystem.get(LockProcess.class.getClassLoader()).setLogLevel(LoggingSystem.ROOT_LOGGER_NAME, LogLevel.OFF);
        LockProcess process = new LockProcess(new Servers(Integer.parseInt(args[0]), args.length < 2 ? "" : args[1]));
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] words = line.split(" ");
            System.out.println(MARK + process.answer(words[0], Peer.valueOf(words[1]), words[2]));
        }
        System.exit(0); // whatever still waits
    }

    private Object answer(String what, Peer name, String session) throws Exception {
        LockPeer peer = peers.computeIfAbsent(name, missing -> missing.open(servers));
        switch (what) {
            case "acquire" -> {
                release = peer.acquire(session);
                return Clock.micros();
            }
            case "release" -> {
                long now = Clock.micros();
                Objects.requireNonNull(release).run();
                Thread.sleep(QUIET_MILLIS);
                return now;
            }
            case "warm-up" -> {
                return Load.ONE.run(name, peer, Integer.parseInt(session)).pairs();
            }
            case "wait" -> { // two, one behind the other
                first = peer.await(session);
                Thread.sleep(100);
                second = peer.await(session);
                return "waiting";
            }
            case "cancel" -> {
                Objects.requireNonNull(first).cancel().run();
                return "canceled";
            }
            case "got" -> {
                try {
                    return Objects.requireNonNull(second).got().get(HandOver.LONGEST_SECONDS, TimeUnit.SECONDS);
                } catch (TimeoutException e) {
                    second.cancel().run();
                    return NOT_YET;
                }
            }
            default -> throw new IllegalArgumentException(what);
        }
    }
}
