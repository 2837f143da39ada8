package io.github.agentcompaction.replicas;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.LeaseStatus;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.SessionLock;
import io.github.agentcompaction.StagedCompactor;
import io.github.agentcompaction.jdbc.JdbcStore;
import io.github.agentcompaction.redis.RedisStore;
import io.github.agentcompaction.springai.ConcurrentChatMemory;
import io.github.agentcompaction.store.LeaseStore;
import io.github.agentcompaction.store.SummaryStore;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.repository.jdbc.JdbcChatMemoryRepository;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;

/**
 * A process under test: one replica of a service, with one agent. Reads settings and then commands from its standard input, tells
 * all that it does to the {@link Checker}, and ends when its input does.
 */
final class Replica {

    /** The number of messages that the model accepts. */
    static final int WINDOW = 14;

    final Reports reports;
    final String name;
    final History history;
    final ObservedStore store;
    final SessionCompactionState state;

    /** The compactor, as the checker sees it. */
    final StagedCompactor compactor;

    /** Whether the test breaks what this process works with. */
    final boolean expectsFailures;

    /** Whether places are told where a test may hold this process. */
    private final boolean gated;

    private final ThreadLocal<Boolean> committing = ThreadLocal.withInitial(() -> false);
    private final AtomicLong summaries = new AtomicLong();

    /** The conversation is too long for the model. */
    static final class TooLong extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private Replica(Map<String, String> settings) {
        name = settings.get("name");
        reports = new Reports(name, Integer.parseInt(settings.get("checker")));
        gated = settings.containsKey("gated");
        expectsFailures = settings.containsKey("failing");
        Duration lease = Duration.ofMillis(Long.parseLong(settings.get("lease")));
        Duration commandTimeout = Duration.ofMillis(Long.parseLong(settings.get("commandTimeout")));
        LeaseStore leases;
        SummaryStore summaryStore;
        if (settings.containsKey("redis")) {
            LettuceConnectionFactory connections = new LettuceConnectionFactory(
                    new RedisStandaloneConfiguration("127.0.0.1", Integer.parseInt(settings.get("redis"))));
            connections.afterPropertiesSet();
            connections.start();
            RedisStore redis = RedisStore.builder(connections)
                    .lease(lease)
                    .commandTimeout(commandTimeout)
                    .build();
            leases = redis.agent("agent");
            summaryStore = redis.agent("agent");
            history = new RedisHistory(new StringRedisTemplate(connections), this::summarize);
        } else {
            HikariDataSource pool =
                    pool(new ReportedConnections(settings, reports), !settings.containsKey("validating"));
            JdbcTransactionManager manager = new GatedManager(pool);
            JdbcStore jdbc = JdbcStore.builder(pool, manager)
                    .tablePrefix(settings.get("prefix"))
                    .lease(lease)
                    .commandTimeout(commandTimeout)
                    .build();
            jdbc.initialize();
            jdbc.verify();
            leases = jdbc.agent("agent");
            summaryStore = jdbc.agent("agent");
            ChatMemoryRepository repository = JdbcChatMemoryRepository.builder()
                    .dataSource(pool)
                    .transactionManager(manager)
                    .build();
            history = new JdbcHistory(
                    settings.containsKey("unguarded")
                            ? new ConcurrentChatMemory(repository)
                            : new ConcurrentChatMemory(repository, jdbc),
                    this::summarize);
        }
        store = ObservedStore.of(settings.containsKey("broken") ? new BrokenStore() : leases, reports);
        state = SessionCompactionState.builder()
                .agent("agent")
                .store(store)
                .summaries(summaryStore)
                .replica(name)
                .build();
        compactor = new ObservedCompactor(history.compactor());
    }

    private static HikariDataSource pool(DataSource connections, boolean trusting) {
        if (!trusting) {
            System.setProperty("com.zaxxer.hikari.aliveBypassWindowMs", "0");
        }
        HikariConfig config = new HikariConfig();
        config.setDataSource(connections);
        config.setMaximumPoolSize(12);
        config.setMinimumIdle(1);
        return new HikariDataSource(config);
    }

    private String summarize(String text) {
        return MessageIds.summary(name + "-" + summaries.incrementAndGet(), MessageIds.in(text));
    }

    /** Kept, because the logging of the JDK would forget its level. */
    private static final Logger LOG = Logger.getLogger("io.github.agentcompaction");

    public static void main(String[] args) throws IOException {
        LOG.setLevel(Level.WARNING);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        Map<String, String> settings = new HashMap<>();
        for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
            int equals = line.indexOf('=');
            settings.put(line.substring(0, equals), line.substring(equals + 1));
        }
        try {
            Replica replica = new Replica(settings);
            replica.reports.tell("state", "ready");
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                replica.start(line.split(" "));
            }
        } catch (Throwable e) {
            e.printStackTrace();
        }
        Runtime.getRuntime().halt(0);
    }

    private void start(String[] command) {
        if (command[0].equals("stop")) {
            load.stop();
            return;
        }
        if (command[0].equals("load")) {
            load = new Load(this, Integer.parseInt(command[1]), Integer.parseInt(command[2]), command[3]);
            load.start();
            return;
        }
        Thread thread = new Thread(() -> outcome(command), "command-" + command[1]);
        thread.setDaemon(true);
        thread.start();
    }

    private Load load;

    private void outcome(String[] command) {
        String result;
        try {
            result = run(command);
        } catch (Throwable e) {
            System.err.println("outcome of " + String.join(" ", command));
            e.printStackTrace();
            result = e.getClass().getSimpleName();
        }
        reports.tell("outcome", command[1] + " " + result);
    }

    /** The command's name, the name of its outcome, and the session are the first words. */
    private String run(String[] command) throws Exception {
        String session = command[2];
        switch (command[0]) {
            case "append" -> {
                append(session, command[3], Integer.parseInt(command[4]), Integer.parseInt(command[5]));
                return "DONE";
            }
            case "compact" -> {
                CompactionTemplate template = CompactionTemplate.builder(state, compactor)
                        .lockTimeout(Duration.ofSeconds(50))
                        .build();
                return template.compact(session).name();
            }
            case "clock" -> {
                return "" + System.currentTimeMillis();
            }
            case "hold" -> { // the lease alone
                try (SessionLock.Lease lease = state.getLock(session)
                        .tryAcquire(Duration.ofSeconds(50))
                        .orElseThrow()) {
                    store.enter(session, lease.fence());
                    at("held");
                    reports.leave(session, lease.fence());
                    lease.compacted(); // or the store says that the lease is lost
                    return "HELD";
                }
            }
            default -> throw new IllegalArgumentException(command[0]);
        }
    }

    void append(String session, String appender, int first, int count) {
        String ids = session + " " + appender + " " + first + " " + count;
        reports.tell("appending", ids);
        history.append(
                session,
                IntStream.range(first, first + count)
                        .mapToObj(n -> new MessageIds.Id(appender, n).toString())
                        .toList());
        reports.tell("appended", ids);
    }

    private void at(String place) {
        if (gated) {
            reports.tell("at", place);
        }
    }

    /** Tells who works under the lease, and ends that before the store may give it to another. */
    private final class ObservedCompactor implements StagedCompactor {

        private final StagedCompactor compactor;

        ObservedCompactor(StagedCompactor compactor) {
            this.compactor = compactor;
        }

        @Override
        public Optional<Prepared> prepare(String session) {
            throw new UnsupportedOperationException("needs the fence");
        }

        @Override
        public Optional<Prepared> prepare(String session, LeaseStatus lease) throws Exception {
            store.enter(session, lease.fence());
            Optional<Prepared> prepared = compactor.prepare(session, lease);
            at("prepared");
            return prepared.map(p -> new Prepared() {
                @Override
                public String summary() {
                    return p.summary();
                }

                @Override
                public boolean apply() {
                    reports.write(session, lease.fence());
                    boolean applied = p.apply();
                    committing.set(true);
                    at("applied");
                    return applied;
                }
            });
        }
    }

    /** Tells when a compaction is about to be committed. */
    @SuppressWarnings("serial")
    private final class GatedManager extends JdbcTransactionManager {

        private static final long serialVersionUID = 1L;

        GatedManager(HikariDataSource pool) {
            super(pool);
        }

        @Override
        protected void doCommit(DefaultTransactionStatus status) {
            if (committing.get()) {
                committing.remove();
                at("commit");
            }
            super.doCommit(status);
        }

        @Override
        protected void doCleanupAfterCompletion(Object transaction) {
            committing.remove();
            super.doCleanupAfterCompletion(transaction);
        }
    }

    static List<String> sessions(String prefix, int count) {
        return IntStream.range(0, count).mapToObj(i -> prefix + i).toList();
    }
}
