package io.github.agentcompaction.benchmarks.stores;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.github.agentcompaction.benchmarks.GoalTable;
import io.github.agentcompaction.benchmarks.GoalTable.Comparison;
import io.github.agentcompaction.benchmarks.Median;
import io.github.agentcompaction.benchmarks.Ratio;
import io.github.agentcompaction.jdbc.JdbcStore;
import io.github.agentcompaction.springai.ConcurrentChatMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.MessageWindowChatMemory;
import org.springframework.ai.chat.memory.repository.jdbc.JdbcChatMemoryRepository;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.jdbc.support.JdbcTransactionManager;

/**
 * What the guard of the JDBC store adds to a message's way into a conversation: {@link ConcurrentChatMemory} with it against
 * Spring AI's {@link MessageWindowChatMemory}, in turns, over the same repository. Ends with 1 if a goal is missed.
 */
public final class ChatMemoryAppend {

    private static final int LENGTH = 1_000;

    private final StoreEffort effort;
    private final ChatMemoryRepository repository;
    private final ChatMemory plain;
    private final ChatMemory guarded;
    private final GoalTable goals = new GoalTable();

    ChatMemoryAppend(StoreEffort effort, HikariDataSource database) {
        JdbcTransactionManager transactions = new JdbcTransactionManager(database);
        JdbcStore store = JdbcStore.builder(database, transactions).build();
        store.initialize();
        this.effort = effort;
        this.repository = JdbcChatMemoryRepository.builder()
                .dataSource(database)
                .transactionManager(transactions)
                .build();
        this.plain = MessageWindowChatMemory.builder()
                .chatMemoryRepository(repository)
                .maxMessages(1_000) // none is dropped: both write as many
                .build();
        this.guarded = new ConcurrentChatMemory(repository, store);
    }

    /** {@code quick}, or the number of rounds. */
    public static void main(String[] args) throws Exception {
        StoreEffort effort = StoreEffort.of(args);
        LoggingSystem.get(ChatMemoryAppend.class.getClassLoader())
                .setLogLevel(LoggingSystem.ROOT_LOGGER_NAME, LogLevel.OFF);
        boolean met;
        if (Postgres.isThere()) {
            try (Postgres postgres = new Postgres();
                    HikariDataSource database = Postgres.pool(postgres.schema())) {
                met = measure(effort, database, "PostgreSQL");
            }
        } else {
            System.err.println(Postgres.MISSING + " H2 takes its place.");
            try (HikariDataSource database = h2()) {
                met = measure(effort, database, "H2");
            }
        }
        System.exit(met || effort == StoreEffort.QUICK ? 0 : 1);
    }

    static HikariDataSource h2() {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
        return new HikariDataSource(config);
    }

    private static boolean measure(StoreEffort effort, HikariDataSource database, String product) {
        Postgres.create(
                database,
                "org/springframework/ai/chat/memory/repository/jdbc/schema-" + product.toLowerCase(Locale.ROOT)
                        + ".sql");
        ChatMemoryAppend append = new ChatMemoryAppend(effort, database);
        GoalTable goals = append.measure();
        System.out.printf(
                "%nJDK %s, %d processors, %s%n%n%s",
                Runtime.version(), Runtime.getRuntime().availableProcessors(), product, goals);
        return goals.allMet();
    }

    GoalTable measure() {
        for (int messages : new int[] {20, 200}) {
            List<Message> history = history(messages);
            double[] subject = new double[effort.rounds()];
            double[] reference = new double[effort.rounds()];
            for (int round = -1; round < effort.rounds(); round++) { // the first one is a warm-up
                double[] guardedMillis = new double[effort.adds()];
                double[] plainMillis = new double[effort.adds()];
                for (int i = 0; i < effort.adds(); i++) {
                    boolean swapped = i % 2 == 1;
                    if (swapped) {
                        plainMillis[i] = add(plain, history);
                    }
                    guardedMillis[i] = add(guarded, history);
                    if (!swapped) {
                        plainMillis[i] = add(plain, history);
                    }
                }
                double ours = Median.of(guardedMillis);
                double theirs = Median.of(plainMillis);
                System.out.printf(
                        Locale.ROOT,
                        "%-8s %d messages: guarded %.2f ms, plain %.2f ms%n",
                        round < 0 ? "warm-up" : "round " + (round + 1),
                        messages,
                        ours,
                        theirs);
                if (round >= 0) {
                    subject[round] = ours;
                    reference[round] = theirs;
                }
            }
            goals.atMost(
                    new Comparison(
                            "ConcurrentChatMemory.add with JdbcStore, " + messages + " messages",
                            millis(subject),
                            "MessageWindowChatMemory.add " + millis(reference),
                            Ratio.ofMedians(subject, reference)),
                    1.5);
        }
        return goals;
    }

    /** {@return the milliseconds that a message took} */
    private double add(ChatMemory memory, List<Message> history) {
        String conversation = (memory == plain ? "plain-" : "guarded-") + history.size();
        repository.saveAll(conversation, history);
        Message message = new UserMessage("One more");
        long start = System.nanoTime();
        memory.add(conversation, message);
        return (System.nanoTime() - start) / 1e6;
    }

    private static List<Message> history(int messages) {
        List<Message> history = new ArrayList<>();
        for (int i = 0; i < messages; i++) {
            String text = ("Message " + i + " ").repeat(LENGTH / 10);
            history.add(i % 2 == 0 ? new UserMessage(text) : new AssistantMessage(text));
        }
        return history;
    }

    private static String millis(double[] rounds) {
        return String.format(Locale.ROOT, "%.2f ms", Median.of(rounds));
    }
}
