package io.github.agentcompaction.sample.progress;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter.SseEventBuilder;

/**
 * Tells the browsers that listen to a session what its tasks are doing, and when it is being summarized.
 *
 * <p>A browser that connects while a message is being worked on, for the first time or again, first gets all of that
 * message's events, and that the session is being summarized if it is. They are numbered, so that it can tell which it has had. Nothing is kept of a message that has ended.
 *
 * <p>Everything here is guarded by this object's monitor. Nothing is sent while it is held.
 */
@Component
public final class TaskEvents implements SmartLifecycle, AutoCloseable {

    /** A stream ends after this time, and the browser connects again. */
    private static final Duration LONGEST_STREAM = Duration.ofMinutes(30);

    /** Keeps proxies from closing a quiet stream, and finds browsers that have gone. */
    private static final Duration HEARTBEAT = Duration.ofSeconds(15);

    private final Replica replica;
    private final Map<SessionKey, Channel> channels = new HashMap<>();
    private final ExecutorService senders = Executors.newCachedThreadPool(TaskEvents::daemon);
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(TaskEvents::daemon);
    private @Nullable ScheduledFuture<?> heartbeat; // while this is running

    /** Not from 0: a browser that connects again after a restart must not take new events for old ones. */
    private long number = TimeUnit.MILLISECONDS.toMicros(System.currentTimeMillis());

    TaskEvents(Replica replica) {
        this.replica = replica;
    }

    /** {@return a stream of what the session's tasks are doing and will do} */
    public synchronized SseEmitter listen(SessionKey key) {
        SseEmitter emitter = new SseEmitter(LONGEST_STREAM.toMillis());
        if (!isRunning()) {
            emitter.complete();
            return emitter;
        }
        EventStream stream = new EventStream(emitter, senders);
        emitter.onCompletion(() -> forget(key, stream));
        emitter.onError(error -> forget(key, stream));
        emitter.onTimeout(emitter::complete);
        Channel channel = channels.computeIfAbsent(key, unknown -> new Channel());
        channel.streams.add(stream);
        stream.offer(SseEmitter.event().comment("listening")); // a browser is connected when something came
        channel.runs.values().forEach(events -> events.forEach(event -> stream.offer(event.toSend())));
        if (channel.summarizing != null) {
            stream.offer(channel.summarizing.toSend());
        }
        return emitter;
    }

    /** {@return the tasks of a message that came; to be closed when they have ended} */
    public synchronized Run begin(SessionKey key, int subtasks, boolean coordinated) {
        long run = number + 1;
        publish(key, run, new TaskEvent.Began(run, subtasks, coordinated, replica.name()));
        return new Run(run, key, coordinated, event -> publish(key, run, event));
    }

    /** The session is being summarized; {@link #summarized} is to follow. */
    synchronized void summarizing(SessionKey key) {
        Channel channel = channels.computeIfAbsent(key, unknown -> new Channel());
        Numbered numbered = new Numbered(++number, new TaskEvent.Summarizing());
        channel.summarizing = numbered;
        tell(key, channel, numbered);
    }

    synchronized void summarized(SessionKey key, TaskEvent.Summarized event) {
        Channel channel = channels.computeIfAbsent(key, unknown -> new Channel());
        channel.summarizing = null;
        tell(key, channel, new Numbered(++number, event));
    }

    private synchronized void publish(SessionKey key, long run, TaskEvent event) {
        Channel channel = channels.computeIfAbsent(key, unknown -> new Channel());
        Numbered numbered = new Numbered(++number, event);
        if (event instanceof TaskEvent.Ended) {
            channel.runs.remove(run);
        } else {
            channel.runs.computeIfAbsent(run, unknown -> new ArrayList<>()).add(numbered);
        }
        tell(key, channel, numbered);
    }

    private void tell(SessionKey key, Channel channel, Numbered numbered) {
        channel.streams.removeIf(stream -> !stream.offer(numbered.toSend()));
        removeIfUnused(key, channel);
    }

    private synchronized void forget(SessionKey key, EventStream stream) {
        Channel channel = channels.get(key);
        if (channel != null) {
            channel.streams.remove(stream);
            removeIfUnused(key, channel);
        }
    }

    private void removeIfUnused(SessionKey key, Channel channel) {
        if (channel.streams.isEmpty() && channel.runs.isEmpty() && channel.summarizing == null) {
            channels.remove(key);
        }
    }

    private synchronized void beat() {
        for (Channel channel : channels.values()) {
            channel.streams.removeIf(stream -> !stream.offer(SseEmitter.event().comment("alive")));
        }
    }

    /** {@return how many browsers listen} */
    synchronized int listeners() {
        return channels.values().stream()
                .mapToInt(channel -> channel.streams.size())
                .sum();
    }

    @Override
    public synchronized void start() {
        heartbeat = clock.scheduleAtFixedRate(
                this::beat, HEARTBEAT.toMillis(), HEARTBEAT.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Ends the streams before the web server waits for its requests to end: these would not. May be started again. */
    @Override
    public synchronized void stop() {
        if (heartbeat != null) {
            heartbeat.cancel(false);
            heartbeat = null;
        }
        for (Channel channel : channels.values()) {
            channel.streams.forEach(EventStream::end);
            channel.streams.clear(); // tasks may go on for a while, without a listener
        }
    }

    @Override
    public synchronized boolean isRunning() {
        return heartbeat != null;
    }

    @Override
    public void close() {
        clock.shutdown();
        senders.shutdown();
    }

    private static Thread daemon(Runnable work) {
        Thread thread = new Thread(work, "task-events");
        thread.setDaemon(true);
        return thread;
    }

    /** A session that browsers listen to, whose tasks are working, or that is being summarized. */
    private static final class Channel {

        final List<EventStream> streams = new ArrayList<>();
        final Map<Long, List<Numbered>> runs = new LinkedHashMap<>();

        @Nullable
        Numbered summarizing;
    }

    private record Numbered(long number, TaskEvent event) {

        SseEventBuilder toSend() {
            return SseEmitter.event()
                    .id(Long.toString(number))
                    .name(event.kind())
                    .data(event);
        }
    }
}
