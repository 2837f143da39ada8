package io.github.agentcompaction.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.github.agentcompaction.store.LeaseGrant;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.MessageWindowChatMemory;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.dao.CannotAcquireLockException;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** Appends of replicas that share a history. */
class ExclusiveTest extends DatabaseTest {

    private static final int REPLICAS = 2;
    private static final int THREADS = 8;
    private static final int ADDS = 20;

    /** Rule 1. */
    @Test
    void exclusively_addsOfTwoReplicas_loseAndDoubleNothing() throws Exception {
        List<String> added = addFromAllReplicas(true, ADDS);

        assertThat(texts()).hasSize(added.size()).containsExactlyInAnyOrderElementsOf(added);
    }

    /** That the test above sees what it is there for. */
    @Test
    void adds_thatAreNotGuarded_loseOrDouble() throws Exception {
        List<String> added = addFromAllReplicas(false, 2);

        List<String> there = texts();
        assertThat(there.size() != added.size() || !new HashSet<>(there).equals(new HashSet<>(added)))
                .as("lost or doubled")
                .isTrue();
    }

    private List<String> addFromAllReplicas(boolean guarded, int adds) throws Exception {
        List<String> added = Collections.synchronizedList(new ArrayList<>());
        List<Callable<Void>> tasks = new ArrayList<>();
        for (int r = 0; r < REPLICAS; r++) {
            HikariDataSource own = pool("");
            JdbcTransactionManager ownManager = new JdbcTransactionManager(own);
            JdbcStore store = store(own, ownManager);
            MessageWindowChatMemory memory = MessageWindowChatMemory.builder()
                    .chatMemoryRepository(history(own, ownManager))
                    .maxMessages(1000)
                    .build();
            for (int t = 0; t < THREADS; t++) {
                String task = r + "/" + t + "/";
                tasks.add(() -> {
                    for (int i = 0; i < adds; i++) {
                        Message message = new UserMessage(task + i);
                        if (guarded) {
                            store.<Boolean>exclusively(conversation, () -> {
                                memory.add(conversation, message);
                                return true;
                            });
                        } else {
                            try {
                                memory.add(conversation, message);
                            } catch (RuntimeException lost) {
                                // Deadlocks belong to what is lost.
                            }
                        }
                        added.add(task + i);
                    }
                    return null;
                });
            }
        }
        atOnce(tasks);
        return added;
    }

    private static void atOnce(List<Callable<Void>> tasks) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(tasks.size());
        CountDownLatch start = new CountDownLatch(1);
        try {
            List<Future<Void>> ends = new ArrayList<>();
            for (Callable<Void> task : tasks) {
                ends.add(threads.submit(() -> {
                    start.await();
                    return task.call();
                }));
            }
            start.countDown();
            for (Future<Void> end : ends) {
                end.get(120, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    /** Rule 5: each database has its own default, and asking for another level when joining has no effect. */
    @ParameterizedTest
    @ValueSource(ints = {TransactionDefinition.ISOLATION_REPEATABLE_READ, TransactionDefinition.ISOLATION_SERIALIZABLE})
    void exclusively_inATransactionOfAnotherIsolation_isRefused(int isolation) {
        JdbcStore store = store();

        transaction(isolation)
                .executeWithoutResult(status -> assertThatIllegalStateException()
                        .isThrownBy(() -> store.exclusively("s", () -> "never"))
                        .withMessageContaining(
                                isolation == TransactionDefinition.ISOLATION_SERIALIZABLE
                                        ? "SERIALIZABLE"
                                        : "REPEATABLE READ")
                        .withMessageContaining("READ_COMMITTED"));
    }

    /** Rule 5. */
    @Test
    void exclusively_inATransactionOfTheDefaultIsolation_dependsOnTheDatabase() {
        JdbcStore store = store();

        new TransactionTemplate(manager).executeWithoutResult(status -> {
            if (database == TestDatabase.MARIADB) {
                assertThatIllegalStateException()
                        .isThrownBy(() -> store.exclusively("s", () -> "never"))
                        .withMessageContaining("REPEATABLE READ");
            } else {
                assertThat(store.<String>exclusively("s", () -> "done")).isEqualTo("done");
            }
        });
    }

    @Test
    void exclusively_inAReadOnlyTransaction_isRefused() {
        JdbcStore store = store();
        TransactionTemplate readOnly = readCommitted();
        readOnly.setReadOnly(true);

        readOnly.executeWithoutResult(status -> assertThatIllegalStateException()
                .isThrownBy(() -> store.exclusively("s", () -> "never"))
                .withMessageContaining("read-only"));
    }

    @Test
    void exclusively_inTheCallersTransaction_isRolledBackWithIt() {
        JdbcStore store = store();

        readCommitted().executeWithoutResult(status -> {
            store.<Boolean>exclusively("s", () -> {
                history().saveAll(conversation, messages("gone"));
                return true;
            });
            status.setRollbackOnly();
        });

        assertThat(texts()).isEmpty();
    }

    /** Joined after the caller has read: at READ COMMITTED the next read is the newest. */
    @Test
    void exclusively_joinedAfterARead_losesNothing() throws Exception {
        JdbcStore store = store();
        ChatMemoryRepository history = history();
        CountDownLatch bothHaveRead = new CountDownLatch(2);
        List<Callable<Void>> tasks = new ArrayList<>();
        for (int t = 0; t < 2; t++) {
            String text = "text " + t;
            tasks.add(() -> readCommitted().execute(status -> {
                history.findByConversationId(conversation);
                bothHaveRead.countDown();
                await(bothHaveRead);
                return store.exclusively(conversation, () -> {
                    List<Message> all = new ArrayList<>(history.findByConversationId(conversation));
                    all.add(new UserMessage(text));
                    history.saveAll(conversation, all);
                    return null;
                });
            }));
        }

        atOnce(tasks);

        assertThat(texts()).containsExactlyInAnyOrder("text 0", "text 1");
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** The row is missing, and many create it, each in its caller's transaction. */
    @Test
    void exclusively_joinedByManyOnANewSession_worksForAll() throws Exception {
        JdbcStore store = store();
        AtomicInteger inside = new AtomicInteger();
        for (int round = 0; round < 20; round++) {
            String session = "s" + round;
            List<Callable<Void>> tasks = Collections.nCopies(
                    6,
                    () -> readCommitted().execute(status -> {
                        return store.exclusively(session, () -> {
                            assertThat(inside.incrementAndGet()).isEqualTo(1);
                            inside.decrementAndGet();
                            return null;
                        });
                    }));
            atOnce(tasks);
        }
    }

    @Test
    void exclusively_inACommit_joinsIt() throws Exception {
        JdbcStore store = store();
        JdbcAgentStore agent = store.agent("a");
        LeaseGrant grant = acquired(agent, "s", "r1/1");

        assertThatThrownBy(() -> agent.commit(
                        grant,
                        () -> store.<Boolean>exclusively(conversation, () -> {
                            store.<Boolean>exclusively(conversation, () -> {
                                history().saveAll(conversation, messages("gone"));
                                return true;
                            });
                            throw new IllegalArgumentException("no");
                        })))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(texts()).isEmpty();

        assertThat(agent.commit(
                        grant,
                        () -> store.<Boolean>exclusively(conversation, () -> {
                            history().saveAll(conversation, messages("there"));
                            return true;
                        })))
                .isTrue();
        assertThat(texts()).containsExactly("there");
    }

    /** Inside of a commit, but in a transaction that the write began itself: not the store's any more. */
    @Test
    void exclusively_inATransactionThatAWriteBegan_isJudgedByThat() {
        JdbcStore store = store();
        TransactionTemplate anew = transaction(TransactionDefinition.ISOLATION_SERIALIZABLE);
        anew.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);

        store.<Boolean>exclusively("s", () -> {
            anew.executeWithoutResult(status -> assertThatIllegalStateException()
                    .isThrownBy(() -> store.exclusively("s2", () -> "never"))
                    .withMessageContaining("SERIALIZABLE"));
            return true;
        });
    }

    /** Rule 6. */
    @Test
    void exclusively_afterADeadlock_runsAgain_butNotWhenJoined() {
        JdbcStore store = store();
        AtomicInteger runs = new AtomicInteger();
        Supplier<Integer> deadlocked = () -> {
            history().saveAll(conversation, messages("run " + runs.incrementAndGet()));
            if (runs.get() % 2 == 1) {
                throw new CannotAcquireLockException("deadlock");
            }
            return runs.get();
        };

        assertThat(store.<Integer>exclusively("s", deadlocked)).isEqualTo(2);
        assertThat(texts()).containsExactly("run 2");

        assertThatThrownBy(() -> readCommitted().execute(status -> store.<Integer>exclusively("s", deadlocked)))
                .isInstanceOf(CannotAcquireLockException.class);
        assertThat(runs).hasValue(3);
    }

    /** As on MariaDB, whose DELETE of a short history reads, and locks, the rows of all others. */
    @Test
    void exclusively_inABurstOfDeadlocks_runsUntilItIsOver() {
        AtomicInteger runs = new AtomicInteger();

        int run = store().exclusively("s", () -> {
            if (runs.incrementAndGet() < 8) {
                throw new CannotAcquireLockException("deadlock");
            }
            return runs.get();
        });

        assertThat(run).isEqualTo(8);
    }

    /** An append whose commit may have succeeded is not repeated: it would stand there twice. */
    @Test
    void exclusively_whoseCommitFails_isNotRepeated() {
        FaultyDataSource faulty = new FaultyDataSource(pool);
        JdbcTransactionManager own = new JdbcTransactionManager(faulty);
        JdbcStore store = store(faulty, own);
        AtomicInteger runs = new AtomicInteger();
        faulty.onCommit = connection -> {
            connection.commit();
            throw new SQLException("the connection broke", "08006");
        };

        assertThatThrownBy(() -> store.<Integer>exclusively("s", runs::incrementAndGet))
                .hasStackTraceContaining("the connection broke");

        assertThat(runs).hasValue(1);
    }

    /** Rule 9: a pool of 5 and 50 tasks that each hold a connection already. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void exclusively_50TasksOnAPoolOf5_allGetThrough(boolean inTransactions) throws Exception {
        HikariDataSource small = opened(database.pool(name, "", config -> {
            config.setMaximumPoolSize(5);
            config.setConnectionTimeout(20_000);
        }));
        JdbcTransactionManager own = new JdbcTransactionManager(small);
        JdbcStore store = store(small, own);
        TransactionTemplate callers = transaction(own, TransactionDefinition.ISOLATION_READ_COMMITTED);
        AtomicInteger done = new AtomicInteger();
        List<Callable<Void>> tasks = Collections.nCopies(50, () -> {
            if (inTransactions) {
                callers.execute(status -> store.<Integer>exclusively("s", done::incrementAndGet));
            } else {
                store.<Integer>exclusively("s", done::incrementAndGet);
            }
            return null;
        });

        atOnce(tasks);

        assertThat(done).hasValue(50);
    }

    /** Leases are asked for while the callers hold most of the connections. */
    @Test
    void leases_andAppends_onAPoolOf5_allGetThrough() throws Exception {
        HikariDataSource small = opened(database.pool(name, "", config -> config.setMaximumPoolSize(5)));
        JdbcStore store = store(small, new JdbcTransactionManager(small));
        JdbcAgentStore agent = store.agent("a");
        opened(agent.onReleased(session -> {}));
        AtomicInteger done = new AtomicInteger();
        List<Callable<Void>> tasks = new ArrayList<>();
        for (int t = 0; t < 25; t++) {
            String task = "s" + t;
            tasks.add(() -> {
                store.<Integer>exclusively("s", done::incrementAndGet);
                return null;
            });
            tasks.add(() -> {
                LeaseGrant grant = acquired(agent, task, "r1/1");
                get(agent.tryAcquire(task, "r1/2"));
                assertThat(get(agent.release(grant, false))).isTrue();
                done.incrementAndGet();
                return null;
            });
        }

        atOnce(tasks);

        assertThat(done).hasValue(50);
    }

    @Test
    void exclusively_whatTheWriteThrows_isThrownAfterTheRollback() {
        JdbcStore store = store();

        assertThatThrownBy(() -> store.<Boolean>exclusively("s", () -> {
                    history().saveAll(conversation, messages("gone"));
                    throw new IllegalArgumentException("the write's own");
                }))
                .isInstanceOf(IllegalArgumentException.class);

        assertThat(texts()).isEmpty();
    }
}
