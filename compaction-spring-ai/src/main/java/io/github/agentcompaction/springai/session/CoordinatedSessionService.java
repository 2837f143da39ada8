package io.github.agentcompaction.springai.session;

import io.github.agentcompaction.CompactionException;
import io.github.agentcompaction.CompactionFailedException;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.SessionLock;
import io.github.agentcompaction.SessionLockTimeoutException;
import io.github.agentcompaction.springai.session.EventLog.Snapshot;
import java.lang.System.Logger.Level;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.session.CreateSessionRequest;
import org.springframework.ai.session.EventFilter;
import org.springframework.ai.session.Session;
import org.springframework.ai.session.SessionEvent;
import org.springframework.ai.session.SessionRepository;
import org.springframework.ai.session.SessionService;
import org.springframework.ai.session.compaction.CompactionRequest;
import org.springframework.ai.session.compaction.CompactionResult;
import org.springframework.ai.session.compaction.CompactionStrategy;
import org.springframework.ai.session.compaction.CompactionTrigger;

/**
 * A {@link SessionService} that runs one strategy for parallel compactions of a session, and keeps what is appended
 * meanwhile. Everything else it leaves to the service that it decorates.
 *
 * <p>What {@link #compact} does, in place of the decorated service's own:
 *
 * <ul>
 *   <li><b>Once.</b> If the trigger fires, the call takes the session's lease. If the history has changed since, the
 *       trigger is asked again, about the history as it is now; if it does not fire any more, nothing is done. Calls whose
 *       trigger does not fire never wait.
 *   <li><b>Rebased.</b> The strategy runs with no transaction open. Events that were appended meanwhile stay, in order,
 *       behind those that the strategy kept; archived is what the strategy archived. If events that the strategy saw are
 *       gone (another process compacted), the history is left as it is, and the result has no archived events.
 *   <li><b>Unconditional triggers.</b> A trigger that fires even on what a compaction has left, such as
 *       {@code request -> true}, would fire for each of many parallel calls. A call that waited while such a compaction was
 *       applied takes it for its own, and does nothing.
 *   <li><b>In vain.</b> If the strategy throws or archives nothing, calls that were under way when it ended do not run a
 *       strategy of the same class over the same history again: they fail too, or do nothing. Not so if the thread that
 *       ran the strategy was interrupted. A {@link java.util.concurrent.CancellationException} alone is a failure.
 * </ul>
 *
 * <p>The state's deferred summaries are not used: no task would fetch them.
 *
 * <p><b>Thread safety.</b> All methods may be called from any thread; {@link #compact} blocks while another compaction
 * of the session runs. One state may serve several services and a {@link CompactionTemplate}; sessions with one id then
 * share a lock.
 *
 * <p><b>Reentrancy.</b> A strategy that compacts the session which it is compacting fails at once if it does so on the
 * thread that called it; on another thread that call waits for the strategy until it times out. Inside a
 * {@link io.github.agentcompaction.Compactor} of the same state {@link #compact} works, under the lease of the task that
 * called the compactor.
 *
 * <p><b>Errors.</b> What a trigger, a strategy or the repository throws is thrown on; the history is then unchanged, and a
 * call that comes afterwards tries anew. Besides that there are {@link CompactionException}s:
 * {@link CompactionFailedException} when another call's strategy threw (what it threw is the cause),
 * {@link SessionLockTimeoutException} when another compaction of the session takes too long, and the parent itself after an
 * interrupt (the thread's flag is set again) and for the nested use above.
 */
public final class CoordinatedSessionService implements SessionService {

    private static final System.Logger log = System.getLogger(CoordinatedSessionService.class.getName());

    /** How far to look for a failure's causes, which may go round in a circle. */
    private static final int MAX_CAUSES = 100;

    private final SessionService delegate;
    private final EventLog events;
    private final SessionCompactionState state;
    private final Duration lockTimeout;
    private final OpenCalls openCalls = new OpenCalls();

    /**
     * Decorates a service; compactions wait {@link CompactionTemplate#DEFAULT_LOCK_TIMEOUT} for each other.
     *
     * @param delegate the service to decorate
     * @param repository where that service keeps its sessions: {@link #compact} reads and writes there
     * @param state has the locks of the sessions
     */
    public CoordinatedSessionService(
            SessionService delegate, SessionRepository repository, SessionCompactionState state) {
        this(delegate, repository, state, CompactionTemplate.DEFAULT_LOCK_TIMEOUT);
    }

    /**
     * Decorates a service.
     *
     * @param delegate the service to decorate
     * @param repository where that service keeps its sessions: {@link #compact} reads and writes there
     * @param state has the locks of the sessions
     * @param lockTimeout how long a call waits while another one compacts the session; longer than zero
     */
    public CoordinatedSessionService(
            SessionService delegate, SessionRepository repository, SessionCompactionState state, Duration lockTimeout) {
        this.delegate = Objects.requireNonNull(delegate, "delegate must not be null");
        this.events = new EventLog(Objects.requireNonNull(repository, "repository must not be null"));
        this.state = Objects.requireNonNull(state, "state must not be null");
        this.lockTimeout = Objects.requireNonNull(lockTimeout, "lockTimeout must not be null");
        if (lockTimeout.isZero() || lockTimeout.isNegative()) {
            throw new IllegalArgumentException("lockTimeout must be longer than zero, but was " + lockTimeout);
        }
    }

    /**
     * Runs the strategy if the trigger fires, and no other call has done what this one asks for.
     *
     * @param sessionId the session's id, not blank
     * @param trigger says whether the active events need a compaction; may be asked more than once
     * @param strategy makes the compacted history; called with the session's lease held
     * @return what is active now, and what this call archived: nothing if the trigger did not fire, the strategy (or
     *     that of the call that this one waited for) archived nothing, or the events that it saw are gone
     * @throws IllegalArgumentException if there is no such session, or an argument is null or blank
     * @throws CompactionFailedException if the strategy of the call that this one waited for threw
     */
    @Override
    public CompactionResult compact(String sessionId, CompactionTrigger trigger, CompactionStrategy strategy) {
        requireText(sessionId);
        requireGiven(trigger, "trigger");
        requireGiven(strategy, "strategy");
        OpenCalls.OfSession calls = openCalls.enter(sessionId);
        try {
            SessionLock lock = state.getLock(sessionId);
            refuseNested(calls, lock, sessionId);
            OpenCalls.InVain earlier = calls.inVain(); // ended before this call came: that is no answer to it
            long epoch = lock.epoch(); // before the history is read
            Snapshot history = read(sessionId, lock);
            if (!trigger.shouldCompact(history.request())) {
                return EventLog.unchanged(history.events());
            }
            if (state.isCompacting(sessionId)) { // called by a compactor, whose task has the lease
                return apply(history, run(strategy, history, calls), lock);
            }
            try (SessionLock.Lease lease = acquire(lock, sessionId)) {
                if (events.hasMoved(history)) {
                    history = read(sessionId, lock);
                    if (!trigger.shouldCompact(history.request())
                            || isAnswered(trigger, history, calls, epoch, lock.epoch())) {
                        return EventLog.unchanged(history.events());
                    }
                }
                OpenCalls.InVain other = calls.inVain();
                if (other != null
                        && other != earlier
                        && other.version() == history.version()
                        && other.strategy() == strategy.getClass()) {
                    return sameAs(other, history, lock);
                }
                long start = System.nanoTime();
                CompactionResult made = run(strategy, history, calls);
                CompactionResult applied = apply(history, made, lock);
                if (!applied.archivedEvents().isEmpty()) {
                    lease.compacted();
                    calls.left(lock.epoch(), made.compactedEvents());
                    log.log(
                            Level.INFO,
                            "Compacted " + lock + " in " + (System.nanoTime() - start) / 1_000_000 + " ms; "
                                    + applied.archivedEvents().size() + " events archived.");
                }
                return applied;
            }
        } finally {
            openCalls.leave(sessionId);
        }
    }

    private void refuseNested(OpenCalls.OfSession calls, SessionLock lock, String sessionId) {
        if (calls.isCompactedByThisThread()) {
            throw new CompactionException(
                    state.agent(),
                    sessionId,
                    "The compaction strategy asked to compact the session that it is compacting, and would wait for itself: "
                            + lock + ". Give the strategy's own model calls another session, or none.",
                    null);
        }
    }

    private SessionLock.Lease acquire(SessionLock lock, String sessionId) {
        long start = System.nanoTime();
        try {
            Optional<SessionLock.Lease> lease = lock.tryAcquire(lockTimeout);
            return lease.orElseThrow(() -> new SessionLockTimeoutException(
                    state.agent(), sessionId, Duration.ofNanos(System.nanoTime() - start), null));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CompactionException(state.agent(), sessionId, "Interrupted while waiting for " + lock + ".", e);
        }
    }

    /** Whether a compaction since the given epoch left a history on which this trigger would still fire. */
    private static boolean isAnswered(
            CompactionTrigger trigger, Snapshot history, OpenCalls.OfSession calls, long seenEpoch, long epoch) {
        List<SessionEvent> left = epoch != seenEpoch ? calls.leftAt(epoch) : null;
        return left != null
                && trigger.shouldCompact(CompactionRequest.of(history.request().session(), left));
    }

    private static CompactionResult run(CompactionStrategy strategy, Snapshot history, OpenCalls.OfSession calls) {
        calls.compacting(true);
        try {
            CompactionResult made = strategy.compact(history.request());
            if (made.archivedEvents().isEmpty() && !wasInterrupted(null)) {
                calls.inVain(new OpenCalls.InVain(history.version(), strategy.getClass(), null));
            }
            return made;
        } catch (Throwable e) {
            if (!wasInterrupted(e)) {
                calls.inVain(new OpenCalls.InVain(history.version(), strategy.getClass(), e));
            }
            throw e;
        } finally {
            calls.compacting(false);
        }
    }

    /**
     * Whether this thread was interrupted, which says nothing about whether another call's strategy would work. A cause
     * behind an exception of a future is of another thread.
     */
    private static boolean wasInterrupted(@Nullable Throwable failure) {
        return Thread.currentThread().isInterrupted()
                || Stream.iterate(failure, Objects::nonNull, Throwable::getCause)
                        .limit(MAX_CAUSES)
                        .takeWhile(
                                cause -> !(cause instanceof ExecutionException || cause instanceof CompletionException))
                        .anyMatch(cause ->
                                cause instanceof InterruptedException || cause instanceof ClosedByInterruptException);
    }

    /** Ends a call as another one ended; a failure is wrapped, so that its stack trace is this call's. */
    private CompactionResult sameAs(OpenCalls.InVain other, Snapshot history, SessionLock lock) {
        Throwable failure = other.failure();
        if (failure == null) {
            return EventLog.unchanged(history.events());
        }
        throw new CompactionFailedException(
                state.agent(),
                history.sessionId(),
                "The compaction that this call waited for failed, and was not tried again: the strategy threw "
                        + failure.getClass().getName() + " for " + lock + ".",
                failure,
                false);
    }

    private CompactionResult apply(Snapshot seen, CompactionResult made, SessionLock lock) {
        return events.apply(seen, made).orElseGet(() -> {
            log.log(
                    Level.WARNING,
                    "A compaction was lost: in each of " + EventLog.MAX_WRITES + " tries to write it, another write to "
                            + lock + " came first. Nothing was changed; the next compaction tries again.");
            return EventLog.unchanged(events.active(seen.sessionId()));
        });
    }

    private Snapshot read(String sessionId, SessionLock lock) {
        return events.read(sessionId).orElseThrow(() -> new IllegalArgumentException("Session not found: " + lock));
    }

    private static void requireText(@Nullable String sessionId) {
        requireGiven(sessionId, "sessionId");
        if (Objects.requireNonNull(sessionId).isBlank()) {
            throw new IllegalArgumentException("sessionId must not be blank");
        }
    }

    /** Throws what the decorated service throws. */
    private static void requireGiven(@Nullable Object value, String argument) {
        if (value == null) {
            throw new IllegalArgumentException(argument + " must not be null");
        }
    }

    int openCalls() {
        return openCalls.sessions();
    }

    // The decorated service does the rest, also where the interface has a default.

    @Override
    public Session create(CreateSessionRequest request) {
        return delegate.create(request);
    }

    @Override
    public @Nullable Session findById(String sessionId) {
        return delegate.findById(sessionId);
    }

    @Override
    public List<Session> findByUserId(String userId) {
        return delegate.findByUserId(userId);
    }

    @Override
    public void delete(String sessionId) {
        delegate.delete(sessionId);
    }

    @Override
    public int deleteExpiredSessions(Instant before) {
        return delegate.deleteExpiredSessions(before);
    }

    @Override
    public void appendEvent(SessionEvent event) {
        delegate.appendEvent(event);
    }

    @Override
    public void appendMessage(String sessionId, Message message) {
        delegate.appendMessage(sessionId, message);
    }

    @Override
    public List<SessionEvent> getEvents(String sessionId, EventFilter filter) {
        return delegate.getEvents(sessionId, filter);
    }

    @Override
    public List<SessionEvent> getEvents(String sessionId) {
        return delegate.getEvents(sessionId);
    }

    @Override
    public List<Message> getMessages(String sessionId) {
        return delegate.getMessages(sessionId);
    }

    @Override
    public String toString() {
        return "CoordinatedSessionService[" + state + ", " + delegate.getClass().getSimpleName() + "]";
    }
}
