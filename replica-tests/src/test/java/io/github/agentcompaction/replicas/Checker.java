package io.github.agentcompaction.replicas;

import io.github.agentcompaction.replicas.MessageIds.Id;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Listens to the processes under test, writes what they tell into a {@link Ledger}, and answers when that is done: so a process that
 * has reported its leaving before it gives a lease back is out of the ledger before any other can be granted it. Can also
 * hold a process at a place that it reports.
 */
final class Checker implements AutoCloseable {

    static final Duration LIMIT = Duration.ofSeconds(90);

    /** A place where a process stands until it is let go. */
    static final class Gate {
        private final CountDownLatch arrived = new CountDownLatch(1);
        private final CountDownLatch open = new CountDownLatch(1);

        void awaitArrival() throws InterruptedException {
            if (!arrived.await(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("The process has not come to the gate within " + LIMIT);
            }
        }

        void open() {
            open.countDown();
        }
    }

    final Ledger ledger = new Ledger();

    /** The connections that the processes have opened to their database, as it names them. */
    final Queue<Long> connectionIds = new ConcurrentLinkedQueue<>();

    /** The errors that the processes expected. */
    final AtomicLong failures = new AtomicLong();

    private final ServerSocket server = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
    private final List<Socket> connections = new CopyOnWriteArrayList<>();
    private final Map<String, Gate> gates = new ConcurrentHashMap<>();
    private final Map<String, CompletableFuture<String>> told = new ConcurrentHashMap<>();

    Checker() throws IOException {
        start("checker", this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    /** Lets a process stop the next time it comes to a place. */
    Gate gate(String process, String place) {
        Gate gate = new Gate();
        gates.put(process + " " + place, gate);
        return gate;
    }

    /** {@return what a process tells as the result of a command} */
    CompletableFuture<String> outcome(String command) {
        return told.computeIfAbsent("outcome " + command, c -> new CompletableFuture<>());
    }

    /** {@return completes when a process enters a session for the first time} */
    CompletableFuture<String> entry(String process, String session) {
        return told.computeIfAbsent("entry " + process + " " + session, c -> new CompletableFuture<>());
    }

    /** {@return completes when a process begins to write a compaction of a session} */
    CompletableFuture<String> writing(String process, String session) {
        return told.computeIfAbsent("writing " + process + " " + session, c -> new CompletableFuture<>());
    }

    /** {@return completes when a process that waits for a session has been told that it is busy} */
    CompletableFuture<String> busy(String process, String session) {
        return told.computeIfAbsent("busy " + process + " " + session, c -> new CompletableFuture<>());
    }

    /** {@return completes when a process has told that it is ready, or that all that it was doing has ended} */
    CompletableFuture<String> state(String process, String state) {
        return told.computeIfAbsent(state + " " + process, c -> new CompletableFuture<>());
    }

    static String await(CompletableFuture<String> told) throws InterruptedException {
        try {
            return told.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError("Not told within " + LIMIT, e);
        }
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = server.accept();
                socket.setTcpNoDelay(true);
                connections.add(socket);
                start("checker-connection", () -> serve(socket));
            }
        } catch (IOException closed) {
            // The test has ended.
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            OutputStream out = socket.getOutputStream();
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                note(line);
                out.write("ok\n".getBytes(StandardCharsets.US_ASCII));
            }
        } catch (IOException e) {
            // The process has ended, or the test has.
        } catch (RuntimeException e) {
            ledger.error("The checker failed: " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            connections.remove(socket);
        }
    }

    private void note(String line) throws InterruptedException {
        String[] words = line.split(" ", 7);
        String process = words[1];
        IntFunction<Long> number = i -> Long.parseLong(words[i]);
        switch (words[0]) {
            case "enter" -> {
                ledger.entered(process, words[2], number.apply(3), number.apply(4));
                entry(process, words[2]).complete(words[3]);
            }
            case "leave" -> ledger.left(process, words[2], number.apply(3));
            case "write" -> {
                ledger.writes(process, words[2], number.apply(3));
                writing(process, words[2]).complete(words[3]);
            }
            case "committed" -> ledger.committed(words[2], number.apply(3), number.apply(4));
            case "unsure" -> ledger.unsureCommit(words[2], number.apply(3));
            case "appending" -> ids(words).forEach(id -> ledger.appending(words[2], id));
            case "appended" -> ids(words).forEach(id -> ledger.appended(words[2], id));
            case "delivered" -> ledger.delivered(words[2]);
            case "at" -> stop(gates.remove(process + " " + words[2]));
            case "outcome" -> outcome(words[2]).complete(words[3]);
            case "state" -> state(process, words[2]).complete("");
            case "busy" -> busy(process, words[2]).complete("");
            case "connection" -> connectionIds.add(number.apply(2));
            case "failed" -> failures.incrementAndGet();
            case "error" -> ledger.error(line);
            default -> throw new IllegalArgumentException(line);
        }
    }

    private static List<Id> ids(String[] words) {
        int first = Integer.parseInt(words[4]);
        return IntStream.range(first, first + Integer.parseInt(words[5]))
                .mapToObj(n -> new Id(words[3], n))
                .toList();
    }

    private static void stop(Gate gate) throws InterruptedException {
        if (gate != null) {
            gate.arrived.countDown();
            gate.open.await();
        }
    }

    private static void start(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        try {
            server.close();
            for (Socket socket : connections) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
