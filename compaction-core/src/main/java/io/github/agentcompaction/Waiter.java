package io.github.agentcompaction;

/** One who waits for a lease, from the moment it queues until it is granted the lease or has left the queue. */
interface Waiter {

    /** {@return when it began to wait, on the state's ticker} */
    long since();

    /** Gives it the lease, which it must use or close. Called once, after it was taken out of the queue. */
    void grant(HeldLease lease);

    /** Says that its turn comes next and probably within microseconds. A hint: it may come late, or never. */
    default void beReady() {}
}
