package io.github.agentcompaction.benchmarks.stores;

import com.zaxxer.hikari.HikariDataSource;
import io.github.agentcompaction.benchmarks.GoalTable;
import io.github.agentcompaction.benchmarks.GoalTable.Comparison;
import io.github.agentcompaction.benchmarks.Median;
import io.github.agentcompaction.benchmarks.Ratio;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Compares this project's locks over Redis and PostgreSQL with those of others on the same servers, in rounds that run each of
 * them once, every other one backwards. Ends with 1 if a goal is missed, and with 2 if a server is missing.
 */
public final class StoreLocks {

    /** Short, so that a burst of what else the machine does meets all peers. */
    private static final int SLICE_MILLIS = 100;

    private final StoreEffort effort;
    private final Servers servers;
    private final Map<String, List<Double>> figures = new LinkedHashMap<>();
    private final GoalTable goals = new GoalTable();

    StoreLocks(StoreEffort effort, Servers servers) {
        this.effort = effort;
        this.servers = servers;
    }

    /** {@code quick}, or the number of rounds. */
    public static void main(String[] args) throws Exception {
        StoreEffort effort = StoreEffort.of(args);
        LoggingSystem.get(StoreLocks.class.getClassLoader()).setLogLevel(LoggingSystem.ROOT_LOGGER_NAME, LogLevel.OFF);
        Optional<RedisServer> redis = RedisServer.start();
        Optional<Postgres> postgres = Postgres.isThere() ? Optional.of(new Postgres()) : Optional.empty();
        boolean met;
        try {
            StoreLocks locks = new StoreLocks(
                    effort,
                    new Servers(
                            redis.map(RedisServer::port).orElse(0),
                            postgres.map(Postgres::schema).orElse("")));
            locks.measure();
            System.out.printf(
                    "%nJDK %s, %d processors%n%n%s",
                    Runtime.version(), Runtime.getRuntime().availableProcessors(), locks.goals);
            met = locks.goals.allMet();
        } finally {
            redis.ifPresent(RedisServer::close);
            postgres.ifPresent(Postgres::close);
        }
        if (redis.isEmpty()) {
            System.err.printf("%n%s%n", RedisServer.MISSING);
        }
        if (postgres.isEmpty()) {
            System.err.printf("%n%s The locks over JDBC are left out.%n", Postgres.MISSING);
        }
        System.exit(redis.isEmpty() || postgres.isEmpty() ? 2 : met || effort == StoreEffort.QUICK ? 0 : 1);
    }

    void measure() throws Exception {
        if (!servers.schema().isEmpty()) {
            createTables();
        }
        rates();
        handOvers();
        if (servers.redisPort() != 0) {
            compareRedis();
        }
        if (!servers.schema().isEmpty()) {
            compareJdbc();
        }
    }

    GoalTable goals() {
        return goals;
    }

    /** Those of the peers; the store makes its own. */
    private void createTables() {
        try (HikariDataSource pool = Postgres.pool(servers.schema())) {
            JdbcTemplate jdbc = new JdbcTemplate(pool);
            jdbc.execute("CREATE TABLE INT_LOCK (LOCK_KEY CHAR(36) NOT NULL, REGION VARCHAR(100) NOT NULL, "
                    + "CLIENT_ID CHAR(36), CREATED_DATE TIMESTAMP NOT NULL, EXPIRED_AFTER TIMESTAMP NOT NULL, "
                    + "PRIMARY KEY (LOCK_KEY, REGION))");
            jdbc.execute("CREATE TABLE shedlock (name VARCHAR(64) NOT NULL, lock_until TIMESTAMP NOT NULL, "
                    + "locked_at TIMESTAMP NOT NULL, locked_by VARCHAR(255) NOT NULL, PRIMARY KEY (name))");
        }
    }

    private void rates() throws Exception {
        Map<Peer, LockPeer> open = new EnumMap<>(Peer.class);
        try {
            for (Peer peer : servers.peers()) {
                open.put(peer, peer.open(servers));
            }
            List<Peer> order = new ArrayList<>(open.keySet());
            for (int round = 0; round <= effort.rounds(); round++) { // the first one is a warm-up
                for (Load load : Load.ALL) {
                    Map<Peer, Load.Sum> sums = new EnumMap<>(Peer.class);
                    for (int slice = 0; slice < effort.slices(); slice++) {
                        for (Peer peer : order) {
                            if (!load.isContended() || peer.waits()) {
                                sums.computeIfAbsent(peer, first -> new Load.Sum())
                                        .add(load.run(peer, Objects.requireNonNull(open.get(peer)), SLICE_MILLIS));
                            }
                        }
                        Collections.reverse(order);
                    }
                    for (Map.Entry<Peer, Load.Sum> sum : sums.entrySet()) {
                        note(
                                round,
                                sum.getKey(),
                                load.toString(),
                                sum.getValue().perSecond(),
                                "pairs/s");
                    }
                }
            }
        } finally {
            open.values().forEach(LockPeer::close);
        }
    }

    private void handOvers() throws Exception {
        try (HandOver handOver = new HandOver(servers)) {
            List<Peer> order = new ArrayList<>(servers.peers());
            order.removeIf(peer -> !peer.waits());
            for (Peer peer : order) {
                handOver.warmUp(peer, effort.warmUpMillis());
            }
            for (int round = 0; round <= effort.rounds(); round++) {
                for (Peer peer : order) {
                    note(round, peer, "hand-over", handOver.millis(peer, effort.handOvers()), "ms");
                }
                Collections.reverse(order);
            }
            for (int round = 0; round <= effort.cancels(); round++) {
                for (Peer peer : order) {
                    note(round, peer, "after a cancel", handOver.millisAfterCancel(peer), "ms");
                }
            }
        }
    }

    private void note(int round, Peer peer, String what, double figure, String unit) {
        System.out.printf(
                Locale.ROOT,
                "%-12s %-35s %-30s %,10.1f %s%n",
                round == 0 ? "warm-up" : "round " + round,
                peer.title,
                what,
                figure,
                unit);
        if (round > 0) {
            figures.computeIfAbsent(peer + " " + what, key -> new ArrayList<>()).add(figure);
        }
    }

    private void compareRedis() {
        Peer ours = Peer.REDIS_STORE;
        goals.atLeast(rate(ours, Load.OWN, Peer.REDISSON), 2);
        goals.note(rate(ours, Load.ONE, Peer.REDISSON));
        goals.note(rate(ours, Load.SHARED, Peer.REDISSON));
        for (Peer spring : List.of(Peer.SPRING_REDIS_SIGNALS, Peer.SPRING_REDIS_SPIN)) {
            Load.ALL.forEach(load -> goals.note(rate(ours, load, spring)));
        }
        for (Peer peer : List.of(Peer.REDISSON, Peer.SPRING_REDIS_SIGNALS, Peer.SPRING_REDIS_SPIN)) {
            goals.atMost(time(ours, "hand-over", peer), 1);
            goals.note(time(ours, "after a cancel", peer));
        }
    }

    private void compareJdbc() {
        Peer ours = Peer.JDBC_STORE;
        goals.atLeast(rate(ours, Load.ONE, Peer.SPRING_JDBC), 1);
        goals.atLeast(rate(ours, Load.OWN, Peer.SPRING_JDBC), 1);
        goals.note(rate(ours, Load.SHARED, Peer.SPRING_JDBC));
        goals.note(rate(ours, Load.ONE, Peer.SHEDLOCK));
        goals.note(rate(ours, Load.OWN, Peer.SHEDLOCK));
        goals.atMost(time(ours, "hand-over", Peer.SPRING_JDBC), 1);
        goals.note(time(ours, "after a cancel", Peer.SPRING_JDBC));
    }

    private Comparison rate(Peer ours, Load load, Peer reference) {
        return compare(ours, load.toString(), reference, "%,.0f pairs/s");
    }

    private Comparison time(Peer ours, String what, Peer reference) {
        return compare(ours, what, reference, "%,.1f ms");
    }

    private Comparison compare(Peer ours, String what, Peer reference, String format) {
        double[] subject = rounds(ours, what);
        double[] other = rounds(reference, what);
        return new Comparison(
                ours.title + ", " + what,
                String.format(Locale.ROOT, format, Median.of(subject)),
                reference.title + " " + String.format(Locale.ROOT, format, Median.of(other)),
                Ratio.ofMedians(subject, other));
    }

    private double[] rounds(Peer peer, String what) {
        return Objects.requireNonNull(figures.get(peer + " " + what)).stream()
                .mapToDouble(Double::doubleValue)
                .toArray();
    }
}
