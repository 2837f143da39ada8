package io.github.agentcompaction;

import org.junit.jupiter.api.Nested;

/** The contract over leases and summaries in memory, however the store answers. */
class MemoryStoreContractTest {

    private abstract static class OverMemory extends StoreContract {

        private final MemoryStore.Answers answers;
        private final boolean transactional;

        OverMemory(MemoryStore.Answers answers, boolean transactional) {
            this.answers = answers;
            this.transactional = transactional;
        }

        @Override
        protected SessionCompactionState.Builder share(SessionCompactionState.Builder state) {
            MemoryStore store = transactional ? new MemoryStore.Transactional(answers) : new MemoryStore(answers);
            return state.store(store).summaries(store);
        }

        @Override
        protected int rounds(int local) {
            return answers == MemoryStore.Answers.LATE ? super.rounds(local) : Math.max(20, local / 10);
        }
    }

    @Nested
    class AnswersAtOnce extends OverMemory {
        AnswersAtOnce() {
            super(MemoryStore.Answers.AT_ONCE, false);
        }
    }

    @Nested
    class AnswersLate extends OverMemory {
        AnswersLate() {
            super(MemoryStore.Answers.LATE, false);
        }
    }

    @Nested
    class Transactional extends OverMemory {
        Transactional() {
            super(MemoryStore.Answers.ON_THREADS, true);
        }
    }
}
