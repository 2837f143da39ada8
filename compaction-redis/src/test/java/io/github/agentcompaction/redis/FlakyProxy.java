package io.github.agentcompaction.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A network between a replica and Redis that delays answers, loses them, and cuts connections. */
final class FlakyProxy implements AutoCloseable {

    private final ServerSocket server;
    private final int target;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final AtomicReference<@Nullable CompletableFuture<Void>> toLose = new AtomicReference<>();

    private volatile Duration delay = Duration.ZERO;
    private volatile boolean cut;

    FlakyProxy(int target) {
        this.target = target;
        try {
            this.server = new ServerSocket(0, 50, InetAddress.getByName(TestRedis.HOST));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start(this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    void delayAnswers(Duration by) {
        delay = by;
    }

    /** {@return completes when the next answer was lost} Then the network is cut until {@link #repair()}. */
    CompletableFuture<Void> loseNextAnswer() {
        CompletableFuture<Void> lost = new CompletableFuture<>();
        toLose.set(lost);
        return lost;
    }

    /** Ends all connections, and each new one at once. */
    void cut() {
        cut = true;
        sockets.forEach(FlakyProxy::close);
    }

    void repair() {
        cut = false;
    }

    private void accept() throws IOException {
        while (true) {
            Socket client = server.accept();
            if (cut) {
                client.close();
                continue;
            }
            Socket redis = new Socket(TestRedis.HOST, target);
            sockets.addAll(List.of(client, redis));
            start(() -> pump(client, redis, false));
            start(() -> pump(redis, client, true));
        }
    }

    private void pump(Socket from, Socket to, boolean answers) throws IOException {
        byte[] buffer = new byte[65_536];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                CompletableFuture<Void> lost = answers ? toLose.getAndSet(null) : null;
                if (lost != null) {
                    cut();
                    lost.complete(null);
                    return;
                }
                if (answers && !delay.isZero()) {
                    Thread.sleep(delay.toMillis());
                }
                out.write(buffer, 0, length);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            from.close();
            to.close();
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException ignored) {
            // closed is closed
        }
    }

    private static void start(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (IOException ignored) {
                // a connection has ended, which is what this class is for
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        server.close();
        cut();
    }

    private interface Work {
        void run() throws IOException;
    }
}
