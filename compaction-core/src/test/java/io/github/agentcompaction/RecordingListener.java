package io.github.agentcompaction;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Notes every event down as a line: name, session, and what else there is. */
final class RecordingListener implements CompactionListener {

    final Collection<String> events = new ConcurrentLinkedQueue<>();

    final Queue<CompactionReport> reports = new ConcurrentLinkedQueue<>();

    List<String> events(String name) {
        return events.stream().filter(event -> event.startsWith(name + " ")).toList();
    }

    @Override
    public void lockAcquired(String agent, String sessionId, Duration waited) {
        events.add("lockAcquired " + sessionId + " " + waited);
    }

    @Override
    public void waitGivenUp(String agent, String sessionId, Duration waited, GiveUpReason reason) {
        events.add("waitGivenUp " + sessionId + " " + waited + " " + reason);
    }

    @Override
    public void leaseClosed(String agent, String sessionId, Duration held) {
        events.add("leaseClosed " + sessionId + " " + held);
    }

    @Override
    public void compactionStarted(String agent, String sessionId, CompactionTrigger trigger) {
        events.add("compactionStarted " + sessionId + " " + trigger);
    }

    @Override
    public void compactionEnded(String agent, String sessionId, CompactionReport report) {
        reports.add(report);
        events.add("compactionEnded " + sessionId + " " + report.outcome() + " " + report.took());
    }

    @Override
    public void summaryStored(String agent, String sessionId) {
        events.add("summaryStored " + sessionId);
    }

    @Override
    public void summaryPopped(String agent, String sessionId) {
        events.add("summaryPopped " + sessionId);
    }

    @Override
    public void summaryDropped(String agent, String sessionId, DropReason reason) {
        events.add("summaryDropped " + sessionId + " " + reason);
    }

    @Override
    public void lockDropped(String agent, String sessionId, DropReason reason) {
        events.add("lockDropped " + sessionId + " " + reason);
    }

    @Override
    public void storeUnavailable(String agent, String sessionId) {
        events.add("storeUnavailable " + sessionId);
    }

    @Override
    public void leaseLost(String agent, String sessionId) {
        events.add("leaseLost " + sessionId);
    }
}
