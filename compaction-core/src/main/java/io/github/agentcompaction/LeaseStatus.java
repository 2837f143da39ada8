package io.github.agentcompaction;

/** What the holder of a session's lease, and the {@link Compactor} that works under it, can know of it. Thread-safe. */
public interface LeaseStatus {

    /**
     * {@return a number that rises with each lease of the session} With a store, over all replicas: a system that remembers the
     * highest one that it has seen can refuse the writes of a holder that has lost its lease. Without one, in this process and
     * for as long as the agent's state lives.
     */
    long fence();

    /**
     * {@return whether the store is known to have given the lease to another replica} It is renewed in the background, so false
     * may be out of date. Always false without a store.
     */
    boolean lost();
}
