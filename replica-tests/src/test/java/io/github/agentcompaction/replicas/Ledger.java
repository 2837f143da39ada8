package io.github.agentcompaction.replicas;

import io.github.agentcompaction.replicas.MessageIds.Id;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * What the processes have told, and what of it must not be. Knows nothing of leases or stores: of two entries to one session there
 * must have been a leaving between, fences rise, epochs move with compactions and with nothing else, and each message that was
 * appended is in the history once. Thread-safe.
 */
final class Ledger {

    enum Kind {
        /** Two holders at one time. */
        OVERLAP,
        /** A fence that is not higher than the one before it, or a write under one that is not the last. */
        FENCE,
        /** An epoch that did not move with a compaction, moved without one, or moved back. */
        EPOCH,
        /** An appended message that is neither in the history nor in its summary. */
        LOST,
        /** A message that is there twice. */
        DOUBLED,
        /** A message that is there although its summary is, too. */
        REVIVED,
        /** A message that nobody has appended. */
        UNKNOWN,
        /** Messages of one task in another order than it has appended them. */
        ORDER,
        /** A summary that was delivered twice. */
        DELIVERED_TWICE,
        /** An error that a process did not expect. */
        ERROR
    }

    record Violation(Kind kind, String what) {}

    private record Entry(String process, long fence, long epoch) {}

    /** What is known of one session. */
    private static final class Session {
        Entry inside;
        long lastFence = Long.MIN_VALUE;
        final TreeMap<Long, Entry> entries = new TreeMap<>(); // by fence
        final Map<Long, Long> commits = new HashMap<>(); // fence -> epoch, or -1 if the store does not tell
        final Set<Long> unsureCommits = new HashSet<>(); // by fence
        final Map<Id, Boolean> appended = new HashMap<>(); // whether it is sure
    }

    private final Map<String, Session> sessions = new TreeMap<>();
    private final Set<String> gone = new HashSet<>();
    private final Set<String> delivered = new HashSet<>();
    private final List<Violation> violations = new ArrayList<>();
    private final Map<String, Integer> leases = new TreeMap<>(); // by process
    private long appends;
    private long commits;
    private long deliveries;

    synchronized void entered(String process, String sessionId, long fence, long epoch) {
        Session session = session(sessionId);
        Entry entry = new Entry(process, fence, epoch);
        if (session.inside != null && !gone.contains(session.inside.process)) {
            violated(Kind.OVERLAP, sessionId + ": " + entry + " while " + session.inside + " is inside");
        }
        if (fence <= session.lastFence) {
            violated(Kind.FENCE, sessionId + ": " + entry + " after fence " + session.lastFence);
        }
        session.inside = entry;
        session.lastFence = Math.max(session.lastFence, fence);
        session.entries.put(fence, entry);
        leases.merge(process, 1, Integer::sum);
    }

    synchronized void left(String process, String sessionId, long fence) {
        Session session = session(sessionId);
        if (session.inside != null && session.inside.process.equals(process) && session.inside.fence == fence) {
            session.inside = null;
        }
    }

    /** It leaves, and from here on its store has to keep others out, or refuse the write. */
    synchronized void writes(String process, String sessionId, long fence) {
        if (fence < session(sessionId).lastFence) {
            violated(
                    Kind.FENCE,
                    sessionId + ": " + process + " writes under fence " + fence + " after fence "
                            + session(sessionId).lastFence);
        }
        left(process, sessionId, fence);
    }

    /** @param epoch the one that the commit says it has set, or -1 if it says none */
    synchronized void committed(String sessionId, long fence, long epoch) {
        Long before = session(sessionId).commits.put(fence, epoch);
        if (before != null) {
            violated(Kind.EPOCH, sessionId + ": two commits under fence " + fence);
        }
        commits++;
    }

    /** The process does not know what came of its commit. */
    synchronized void unsureCommit(String sessionId, long fence) {
        session(sessionId).unsureCommits.add(fence);
    }

    /** Before the message is written: it may be there from now on. */
    synchronized void appending(String sessionId, Id id) {
        session(sessionId).appended.put(id, false);
    }

    /** After it is written: it must be there from now on. */
    synchronized void appended(String sessionId, Id id) {
        session(sessionId).appended.put(id, true);
        appends++;
    }

    synchronized void delivered(String summary) {
        deliveries++;
        if (!delivered.add(summary)) {
            violated(Kind.DELIVERED_TWICE, summary);
        }
    }

    synchronized void error(String what) {
        violated(Kind.ERROR, what);
    }

    /** The process was killed, or frozen for longer than its lease: others may enter where it is inside. */
    synchronized void gone(String process) {
        gone.add(process);
    }

    /** Compares with the histories when all is done, and the epochs of each session in the order of its fences. */
    synchronized void close(Function<String, List<String>> history) {
        sessions.forEach((sessionId, session) -> {
            checkEpochs(sessionId, session);
            if (!session.appended.isEmpty()) {
                checkHistory(sessionId, session, history.apply(sessionId));
            }
        });
    }

    private void checkEpochs(String sessionId, Session session) {
        Entry before = null;
        for (Entry entry : session.entries.values()) {
            if (before != null) {
                Long committed = session.commits.get(before.fence);
                boolean unsure = session.unsureCommits.contains(before.fence);
                boolean right = committed == null
                        ? entry.epoch == before.epoch || unsure && entry.epoch > before.epoch
                        : entry.epoch > before.epoch && (committed == -1 || entry.epoch == committed);
                if (!right) {
                    violated(
                            Kind.EPOCH,
                            sessionId + ": " + entry + " after " + before + ", whose commit says " + committed
                                    + (unsure ? " and was cut off" : ""));
                }
            }
            before = entry;
        }
    }

    private void checkHistory(String sessionId, Session session, List<String> texts) {
        Map<Id, Integer> summarized = new HashMap<>();
        Map<Id, Integer> stored = new HashMap<>();
        Map<String, Integer> last = new HashMap<>();
        for (String text : texts) {
            Map<Id, Integer> where = MessageIds.isSummary(text) ? summarized : stored;
            for (Id id : MessageIds.in(text)) {
                where.merge(id, 1, Integer::sum);
                Integer before = last.put(id.appender(), id.number());
                if (before != null && before > id.number()) {
                    violated(Kind.ORDER, sessionId + ": " + id + " after " + before);
                }
            }
        }
        Set<Id> there = new HashSet<>(summarized.keySet());
        there.addAll(stored.keySet());
        for (Id id : there) {
            int inSummary = summarized.getOrDefault(id, 0);
            int inHistory = stored.getOrDefault(id, 0);
            if (!session.appended.containsKey(id)) {
                violated(Kind.UNKNOWN, sessionId + ": " + id);
            }
            if (inSummary > 0 && inHistory > 0) {
                violated(
                        Kind.REVIVED, sessionId + ": " + id + " is in the summary, and " + inHistory + " times behind");
            }
            if (inSummary > 1 || inHistory > 1) {
                violated(Kind.DOUBLED, sessionId + ": " + id + ", " + inSummary + " and " + inHistory + " times");
            }
        }
        session.appended.forEach((id, sure) -> {
            if (sure && !there.contains(id)) {
                violated(Kind.LOST, sessionId + ": " + id);
            }
        });
    }

    private Session session(String sessionId) {
        return sessions.computeIfAbsent(sessionId, s -> new Session());
    }

    private void violated(Kind kind, String what) {
        violations.add(new Violation(kind, what));
    }

    synchronized List<Violation> violations() {
        return List.copyOf(violations);
    }

    synchronized List<Violation> violations(Kind kind) {
        return violations.stream().filter(v -> v.kind == kind).toList();
    }

    synchronized Set<String> sessions() {
        return new HashSet<>(sessions.keySet());
    }

    /** {@return how many leases each process had} */
    synchronized Map<String, Integer> leases() {
        return new TreeMap<>(leases);
    }

    synchronized long leaseCount() {
        return leases.values().stream().mapToLong(Integer::longValue).sum();
    }

    synchronized long appendCount() {
        return appends;
    }

    synchronized long commitCount() {
        return commits;
    }

    synchronized List<Long> fences(String sessionId) {
        return List.copyOf(session(sessionId).entries.keySet());
    }

    /** {@return one line of figures} */
    @Override
    public synchronized String toString() {
        Map<Kind, Integer> counts = new EnumMap<>(Kind.class);
        violations.forEach(v -> counts.merge(v.kind, 1, Integer::sum));
        return leases.values().stream().mapToLong(Integer::longValue).sum() + " leases " + leases + ", " + appends
                + " appends, " + commits + " commits, " + deliveries + " summaries delivered, violations "
                + (counts.isEmpty() ? Collections.emptyMap() : counts);
    }
}
