package io.github.agentcompaction.replicas;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Deque;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;

/** A process's side of the {@link Checker}. A process whose checker is gone ends at once. Thread-safe. */
final class Reports {

    private record Connection(Socket socket, BufferedReader in) {}

    private final String process;
    private final int port;
    private final Deque<Connection> idle = new ConcurrentLinkedDeque<>();
    private final Set<String> inside = ConcurrentHashMap.newKeySet();
    private final Set<String> busy = ConcurrentHashMap.newKeySet();
    private final BlockingQueue<String> later = new LinkedBlockingQueue<>();
    private final AtomicLong unsent = new AtomicLong();

    Reports(String process, int port) {
        this.process = process;
        this.port = port;
        Thread sender = new Thread(this::sendLater, "reports");
        sender.setDaemon(true);
        sender.start();
    }

    void enter(String session, long fence, long epoch) {
        inside.add(session + " " + fence);
        tell("enter", session + " " + fence + " " + epoch);
    }

    /** Nothing if the process has left already. */
    void leave(String session, long fence) {
        if (inside.remove(session + " " + fence)) {
            tell("leave", session + " " + fence);
        }
    }

    /** Leaves, because from here on the store alone decides. */
    void write(String session, long fence) {
        inside.remove(session + " " + fence);
        tell("write", session + " " + fence);
    }

    /** Tells for the first time that a session is another process's. */
    void busy(String session) {
        if (busy.add(session)) {
            tellLater("busy", session);
        }
    }

    /** Returns when the checker has noted it. */
    void tell(String what, String rest) {
        try {
            Connection connection = idle.poll();
            if (connection == null) {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
                socket.setTcpNoDelay(true);
                connection = new Connection(
                        socket,
                        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8)));
            }
            String line = (what + " " + process + " " + rest).replace('\n', ' ') + "\n";
            connection.socket.getOutputStream().write(line.getBytes(StandardCharsets.UTF_8));
            if (connection.in.readLine() == null) {
                throw new IOException("closed");
            }
            idle.push(connection);
        } catch (IOException checkerIsGone) {
            Runtime.getRuntime().halt(3);
        }
    }

    /** For threads of a store, which must not wait. */
    void tellLater(String what, String rest) {
        unsent.incrementAndGet();
        later.add(what + " " + rest);
    }

    private void sendLater() {
        try {
            while (true) {
                String[] line = later.take().split(" ", 2);
                tell(line[0], line[1]);
                unsent.decrementAndGet();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    boolean allSent() {
        return unsent.get() == 0;
    }
}
