package io.github.agentcompaction;

/** What a task that needs a lease does when the store that the replicas share cannot be asked. */
public enum OnUnavailable {
    /** It fails with a {@link StoreUnavailableException}. */
    FAIL,
    /** It goes on with this process's lock alone, with a warning: another replica may compact the session, too. */
    LOCAL
}
