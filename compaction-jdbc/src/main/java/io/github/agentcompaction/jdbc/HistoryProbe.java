package io.github.agentcompaction.jdbc;

import java.util.function.BooleanSupplier;

/** Finds out whether the history's writes are rolled back together with the store's. */
final class HistoryProbe {

    private final Transactions transactions;

    HistoryProbe(Transactions transactions) {
        this.transactions = transactions;
    }

    void verify(Runnable saveProbe, BooleanSupplier isThere, Runnable remove) {
        boolean survived;
        try {
            transactions.rollBack(saveProbe);
            survived = isThere.getAsBoolean();
            if (survived) {
                remove.run();
            }
        } catch (RuntimeException e) {
            if (!Transactions.isDown(e)) {
                throw e;
            }
            transactions.tellDown(
                    "it is not checked whether the history's writes take part in the store's transactions", e);
            return;
        }
        if (survived) {
            throw new IllegalStateException(
                    "A conversation that was saved in a transaction of " + transactions.manager()
                            + " is still there after its rollback, so the history and the store would not be written together. Build "
                            + "the history's repository with the store's DataSource object and transaction manager, for instance "
                            + "JdbcChatMemoryRepository.builder().dataSource(..).transactionManager(..), or choose another store.");
        }
    }
}
