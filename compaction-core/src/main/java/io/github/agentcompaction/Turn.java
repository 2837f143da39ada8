package io.github.agentcompaction;

/** What a waiter waits for: the lease, or the end of a compaction by another task that makes the lease needless. */
sealed interface Turn permits HeldLease, Ended {}
