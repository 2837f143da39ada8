package io.github.agentcompaction;

import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Recognizes the errors by which model providers say that a conversation does not fit into the context window.
 *
 * <p>It reads the messages of a throwable and its causes, so it needs no provider's library. Of an HTTP client's exception
 * it also reads the status, and what is kept apart from the message: the body, and the code and type that the provider
 * gave the error.
 *
 * <p>Status and code come before words: an error with the status of a rate limit or an outage is none, whatever else it
 * says, and a provider's own code for a limit is one. Rate limits, budgets, limits of the answer and embeddings are told
 * apart even where a provider words them alike ("too many tokens"); a rate limit is none even if a shorter prompt would
 * pass it. Where the words do not tell whether the conversation or only the wanted answer is too long for the window, it
 * is a limit; a {@link CompactionTemplate} tries again only so often.
 *
 * <p>The texts come from the providers' documentation and from errors in the field; an unknown one can be added with
 * {@link CompactionTemplate.Builder#contextLimit(java.util.function.Predicate)}.
 */
public final class ContextLimitErrors {

    /** Too many requests, service unavailable, and Anthropic's "overloaded". */
    private static final Set<Integer> OTHER_STATUSES = Set.of(429, 503, 529);

    /**
     * One of these statuses in a message: named as one ("HTTP 429", "Status Code: 429", {@code "code":429}), or at its
     * beginning, also behind the name of an exception ("429 - ...", "...Exception: 429: ..."). A count of tokens is none,
     * nor is any other number in the body.
     */
    private static final Pattern OTHER_STATUS = Pattern.compile("""
            (?x) (?: (?: http (?: /[0-9.]{1,3} )? | status | code | error ) ["']? \\s{0,2} [:=]? \\s{0,2} ["']?
                   | ^ \\s{0,2} (?: [\\w.$]{1,200}+ :\\s ){0,3} \\[? )
            (?: 429 | 503 | 529 ) (?! [0-9.,]*[0-9] ) (?! \\s (?: \\w+ \\s )? tokens )""");

    /** The names of such exceptions, whose messages may not repeat it. */
    private static final List<String> OTHER_EXCEPTIONS =
            List.of("throttl", "toomanyrequests", "ratelimit", "resourceexhausted", "serviceunavailable");

    private ContextLimitErrors() {}

    /**
     * Tells whether an error means that the conversation is too long for the model.
     *
     * @param error what the call of the model threw
     * @return true if the error or one of its causes says so, and none of them is a rate limit or an outage
     */
    public static boolean isContextLimit(Throwable error) {
        return isContextLimit(error, ContextLimitTexts.ALL);
    }

    static boolean isContextLimit(Throwable error, List<ContextLimitRule> rules) {
        Objects.requireNonNull(error, "error must not be null");
        if (Causes.of(error).anyMatch(ContextLimitErrors::isOtherByKind)) {
            return false;
        }
        List<String> texts = Causes.of(error).map(ContextLimitErrors::textOf).toList();
        if (texts.stream().anyMatch(text -> OTHER_STATUS.matcher(text).find())) {
            return false;
        }
        return rules.stream()
                .filter(rule -> texts.stream().anyMatch(rule::isIn))
                .findFirst()
                .map(rule -> rule.kind().isLimit)
                .orElse(false);
    }

    private static boolean isOtherByKind(Throwable cause) {
        OptionalInt status = HttpFailure.status(cause);
        String name = cause.getClass().getSimpleName().toLowerCase(Locale.ROOT);
        return cause instanceof VirtualMachineError
                || (status.isPresent() && OTHER_STATUSES.contains(status.getAsInt()))
                || OTHER_EXCEPTIONS.stream().anyMatch(name::contains);
    }

    /** The message and, where they are kept apart, the body of the answer and the provider's names for the error. */
    private static String textOf(Throwable cause) {
        Stream<String> message = Stream.ofNullable(cause.getMessage());
        Stream<String> apart = Stream.concat(HttpFailure.body(cause).stream(), HttpFailure.names(cause));
        return Stream.concat(message, apart).collect(Collectors.joining("\n")).toLowerCase(Locale.ROOT);
    }
}
