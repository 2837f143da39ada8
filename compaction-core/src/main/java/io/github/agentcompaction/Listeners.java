package io.github.agentcompaction;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;

/** Tells every listener, and survives those that throw. */
final class Listeners implements CompactionListener {

    private static final System.Logger log = System.getLogger(CompactionListener.class.getName());

    private final CompactionListener[] listeners;

    Listeners(List<CompactionListener> listeners) {
        this.listeners = listeners.toArray(CompactionListener[]::new);
    }

    boolean isEmpty() {
        return listeners.length == 0;
    }

    @Override
    public void lockAcquired(String agent, String sessionId, Duration waited) {
        tell(listener -> listener.lockAcquired(agent, sessionId, waited));
    }

    @Override
    public void waitGivenUp(String agent, String sessionId, Duration waited, GiveUpReason reason) {
        tell(listener -> listener.waitGivenUp(agent, sessionId, waited, reason));
    }

    @Override
    public void leaseClosed(String agent, String sessionId, Duration held) {
        tell(listener -> listener.leaseClosed(agent, sessionId, held));
    }

    @Override
    public void compactionStarted(String agent, String sessionId, CompactionTrigger trigger) {
        tell(listener -> listener.compactionStarted(agent, sessionId, trigger));
    }

    @Override
    public void compactionEnded(String agent, String sessionId, CompactionOutcome outcome, Duration took) {
        tell(listener -> listener.compactionEnded(agent, sessionId, outcome, took));
    }

    @Override
    public void summaryStored(String agent, String sessionId) {
        tell(listener -> listener.summaryStored(agent, sessionId));
    }

    @Override
    public void summaryPopped(String agent, String sessionId) {
        tell(listener -> listener.summaryPopped(agent, sessionId));
    }

    @Override
    public void summaryDropped(String agent, String sessionId, DropReason reason) {
        tell(listener -> listener.summaryDropped(agent, sessionId, reason));
    }

    @Override
    public void lockDropped(String agent, String sessionId, DropReason reason) {
        tell(listener -> listener.lockDropped(agent, sessionId, reason));
    }

    private void tell(Event event) {
        for (CompactionListener listener : listeners) {
            try {
                event.tell(listener);
            } catch (Throwable e) {
                logThrown(listener, e);
            }
        }
    }

    private static void logThrown(CompactionListener listener, Throwable thrown) {
        log.log(
                Level.WARNING,
                "CompactionListener " + listener.getClass().getName()
                        + " threw; the event is lost for it, nothing else is affected. Callbacks should not throw.",
                thrown);
    }

    /** One callback with its arguments. */
    private interface Event {
        void tell(CompactionListener listener);
    }
}
