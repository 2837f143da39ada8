package io.github.agentcompaction.redis;

import io.github.agentcompaction.store.LeaseAttempt;
import io.github.agentcompaction.store.LeaseGrant;
import io.github.agentcompaction.store.LeaseStore;
import io.github.agentcompaction.store.StoreKeys;
import io.github.agentcompaction.store.StoredSession;
import io.github.agentcompaction.store.StoredSummary;
import io.github.agentcompaction.store.SummaryStore;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The leases and deferred summaries of one agent in Redis; {@link RedisStore#agent(String)} makes one.
 *
 * <p><b>Thread safety.</b> All methods may be called from any thread, also from an event loop, and block none. Results and
 * signals come on threads of Lettuce: what hangs on them must not block, as {@link LeaseStore} says.
 *
 * <p><b>Errors.</b> A stage fails if Redis does not answer within the store's command timeout, if it answers with an error, and
 * after {@link RedisStore#close()}.
 */
public final class RedisAgentStore implements LeaseStore, SummaryStore {

    /** For how long a taker may repeat its question or give back, unless the summary would not live that long. */
    private static final Duration TAKEN_IS_KEPT = Duration.ofMinutes(5);

    private final RedisStore.Settings settings;
    private final String agentKey;
    private final String prefix;
    private final Commands commands;
    private final ReleaseSignals signals;
    private final String leaseMillis;
    private final String idleMillis;
    private final String ttlMillis;
    private final String takenMillis;

    /** @param agentKey the encoded name of the agent */
    RedisAgentStore(
            RedisStore.Settings settings, String agentKey, Duration ttl, Commands commands, ReleaseSignals signals) {
        this.settings = settings;
        this.agentKey = agentKey;
        this.prefix = settings.namespaceKey() + ":" + agentKey + ":";
        this.commands = commands;
        this.signals = signals;
        this.leaseMillis = millis(settings.lease());
        this.idleMillis = millis(settings.idle());
        this.ttlMillis = millis(ttl);
        this.takenMillis = millis(ttl.compareTo(TAKEN_IS_KEPT) < 0 ? ttl : TAKEN_IS_KEPT);
    }

    @Override
    public Duration lease() {
        return settings.lease();
    }

    @Override
    public CompletionStage<LeaseAttempt> tryAcquire(String session, String token) {
        Objects.requireNonNull(token, "token must not be null");
        return commands.run(
                Script.ACQUIRE,
                leaseKeys(session),
                List.of(token, leaseMillis, idleMillis),
                answer -> attempt(session, token, answer));
    }

    private LeaseAttempt attempt(String session, String token, List<String> answer) {
        boolean granted = answer.get(0).equals("1");
        long fenceOrMillisLeft = Long.parseLong(answer.get(1));
        long epoch = Long.parseLong(answer.get(2));
        Optional<Duration> sinceCompacted =
                answer.get(3).isEmpty() ? Optional.empty() : Optional.of(micros(answer.get(3)));
        return granted
                ? LeaseAttempt.granted(new LeaseGrant(session, token, fenceOrMillisLeft, epoch), sinceCompacted)
                : LeaseAttempt.busy(retryAfter(fenceOrMillisLeft), epoch, sinceCompacted);
    }

    /** Not longer than signals may be missing; negative is a lease that does not expire, or is not there. */
    private Duration retryAfter(long millisLeft) {
        Duration left = Duration.ofMillis(Math.max(1, millisLeft));
        return millisLeft < 0 || left.compareTo(settings.maxPoll()) > 0 ? settings.maxPoll() : left;
    }

    @Override
    public CompletionStage<Boolean> renew(LeaseGrant grant) {
        return commands.run(
                Script.RENEW,
                leaseKeys(grant.session()),
                List.of(grant.token(), leaseMillis, idleMillis, text(grant.fence()), text(grant.epoch())),
                RedisAgentStore::isYes);
    }

    @Override
    public CompletionStage<Boolean> release(LeaseGrant grant, boolean compacted) {
        return commands.run(
                Script.RELEASE,
                leaseKeys(grant.session()),
                List.of(
                        grant.token(),
                        idleMillis,
                        text(grant.fence()),
                        text(grant.epoch()),
                        compacted ? "1" : "0",
                        signals.channel(),
                        ReleaseSignals.message(agentKey, grant.session())),
                RedisAgentStore::isYes);
    }

    @Override
    public CompletionStage<Void> abandon(String session, String token) {
        Objects.requireNonNull(token, "token must not be null");
        return done(commands.run(
                Script.ABANDON,
                leaseKeys(session),
                List.of(token, idleMillis, signals.channel(), ReleaseSignals.message(agentKey, session)),
                RedisAgentStore::isYes));
    }

    @Override
    public CompletionStage<StoredSession> inspect(String session) {
        return commands.run(
                Script.INSPECT,
                leaseKeys(session),
                List.of(),
                answer -> new StoredSession(
                        Optional.of(answer.get(0)).filter(owner -> !owner.isEmpty()),
                        Long.parseLong(answer.get(1)),
                        Long.parseLong(answer.get(2))));
    }

    @Override
    public AutoCloseable onReleased(Consumer<@Nullable String> listener) {
        return signals.listen(agentKey, Objects.requireNonNull(listener, "listener must not be null"));
    }

    @Override
    public CompletionStage<Void> put(String session, String summary) {
        Objects.requireNonNull(summary, "summary must not be null");
        // The name lets the script know the write again that Lettuce repeats after a reconnect.
        String write = UUID.randomUUID().toString();
        return done(commands.run(
                Script.PUT, summaryKeys(session), List.of(write, ttlMillis, summary), RedisAgentStore::isYes));
    }

    @Override
    public CompletionStage<Optional<StoredSummary>> peek(String session) {
        return commands.run(
                Script.PEEK,
                summaryKeys(session),
                List.of(),
                answer -> isYes(answer)
                        ? Optional.of(new StoredSummary(answer.get(1), micros(answer.get(2))))
                        : Optional.empty());
    }

    @Override
    public CompletionStage<Optional<String>> take(String session, String takeId) {
        Objects.requireNonNull(takeId, "takeId must not be null");
        return commands.run(
                Script.TAKE,
                summaryKeys(session),
                List.of(takeId, takenMillis),
                answer -> isYes(answer) ? Optional.of(answer.get(1)) : Optional.empty());
    }

    @Override
    public CompletionStage<Boolean> giveBack(String session, String takeId) {
        Objects.requireNonNull(takeId, "takeId must not be null");
        return commands.run(Script.GIVE_BACK, summaryKeys(session), List.of(takeId, ttlMillis), RedisAgentStore::isYes);
    }

    @Override
    public CompletionStage<Boolean> discard(String session) {
        return commands.run(Script.DISCARD, summaryKeys(session), List.of(), RedisAgentStore::isYes);
    }

    @Override
    public String toString() {
        return "RedisAgentStore[" + prefix + "*]";
    }

    private List<String> leaseKeys(String session) {
        return List.of(key(session, "lease"), key(session, "state"));
    }

    private List<String> summaryKeys(String session) {
        return List.of(key(session, "summary"), key(session, "popped"));
    }

    /** A Redis cluster keeps the keys with equal braces in one place; empty ones would not count. */
    private String key(String session, String name) {
        String key = StoreKeys.encode(session);
        return prefix + "{" + (key.isEmpty() ? "~" : key) + "}:" + name;
    }

    private static boolean isYes(List<String> answer) {
        return answer.get(0).equals("1");
    }

    private static CompletionStage<Void> done(CompletionStage<Boolean> stage) {
        return stage.thenAccept(ignored -> {});
    }

    private static Duration micros(String number) {
        return Duration.of(Long.parseLong(number), ChronoUnit.MICROS);
    }

    private static String millis(Duration duration) {
        return text(Math.max(1, duration.toMillis()));
    }

    private static String text(long number) {
        return Long.toString(number);
    }
}
