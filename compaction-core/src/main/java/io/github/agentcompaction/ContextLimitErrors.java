package io.github.agentcompaction;

import java.util.Arrays;
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
 * <p>It reads the messages of a throwable and its causes, so it needs no provider's library. Rate limits are told apart
 * even where a provider words them alike ("too many tokens"). The texts were collected from the providers' documentation
 * and from errors in the field; an unknown one can be added with
 * {@link CompactionTemplate.Builder#contextLimit(java.util.function.Predicate)}.
 *
 * <p>Of an HTTP client's exception it also reads the status, and what is kept apart from the message: the body, and the
 * code and type that the provider gave the error.
 */
public final class ContextLimitErrors {

    /** OpenAI's code, which others have taken over. It means one thing, whatever else the answer says. */
    private static final String CODE = "context_length_exceeded";

    /** What the providers say, in lower case; an ellipsis stands for whatever is in between. */
    private static final List<Text> CONTEXT_LIMITS = texts(
            // OpenAI and Azure: Chat Completions (and vLLM, OpenRouter), Responses, both for GPT-5
            "maximum context length is",
            "exceeds the context window",
            "input tokens exceed the configured limit",
            // Anthropic: the prompt alone, the prompt with the answer's max_tokens, and more bytes than HTTP 413 lets
            // through
            "prompt is too long",
            "input length and `max_tokens` exceed context limit",
            "request_too_large",
            // Gemini and Vertex AI
            "input token count … exceeds the maximum number of tokens allowed",
            "input token count … model only supports up to",
            // Bedrock: Claude, Titan, models with a limit in characters, and the other ones
            "input is too long for requested model",
            "too many input tokens",
            "expected maxlength: … actual:",
            "prompt tokens ( … exceed model maximum",
            // Mistral
            "too large for model with … maximum context length",
            // Ollama
            "prompt too long; exceeded",
            // llama.cpp
            "exceeds the available context size",
            // Groq
            "reduce the length of the messages",
            // xAI
            "maximum prompt length is",
            // Together and sglang; the apostrophe of "model's" may come escaped
            "is longer than the model … context length",
            // LM Studio
            "greater than the context length",
            // Kimi
            "exceeded model token limit",
            // MiniMax
            "context window exceeds limit",
            // GitHub Models
            "tokens_limit_reached",
            // vLLM, and Ollama's embeddings
            "longer than the maximum model length of",
            "input length exceeds the context length",
            // Gateways and smaller servers
            "maximum context length of",
            "too many tokens",
            "token limit",
            "context length exceeded");

    /** What says that the request is fine but not now, or that it is wrong in another way; this wins. */
    private static final List<Text> VETOES = texts(
            // Rate limits in words, as a code (OpenAI, Anthropic, Groq), and as a status (Google)
            "rate limit",
            "rate_limit",
            "too many requests",
            "too_many_requests",
            "resource_exhausted",
            // Limits per minute or day: OpenAI and Groq call it "request too large", Bedrock "too many tokens"
            "tokens per min",
            "tokens per day",
            // What an account may use, and what an answer may be long: a shorter conversation helps neither
            "quota",
            "daily",
            "monthly",
            "output token",
            "access token",
            "throttl",
            "please wait before trying again",
            // Azure OpenAI, which says "token limit" too
            "pricing tier",
            "please retry after",
            // Mistral
            "service tier capacity exceeded",
            // Outages
            "service unavailable",
            // OpenAI: one string of the request is too long, however short the conversation
            "string_above_max_length");

    /** The same in the names of exceptions, whose messages may not repeat it. */
    private static final List<Text> VETOED_EXCEPTIONS =
            texts("throttl", "toomanyrequests", "ratelimit", "resourceexhausted", "serviceunavailable");

    /** Too many requests, service unavailable, and Anthropic's "overloaded". */
    private static final Set<Integer> VETOED_STATUSES = Set.of(429, 503, 529);

    /**
     * One of these statuses in a message: named as one ("HTTP 429", "Status Code: 429", {@code "code":429}), or at the
     * beginning of the message or of a nested one ("429 - ...", "...Exception: 429: ..."). A count of tokens is none.
     */
    private static final Pattern VETOED_STATUS = Pattern.compile("""
            (?x) (?: (?: http (?: /[0-9.]{1,3} )? | status | code | error ) ["']? \\s{0,2} [:=]? \\s{0,2} ["']?
                   | ^ \\s{0,2}
                   | :\\s (?= \\d{3}:\\s ) )
            (?: 429 | 503 | 529 ) (?! [0-9.,]*[0-9] ) (?! \\s (?: \\w+ \\s )? tokens )""");

    private ContextLimitErrors() {}

    /**
     * Tells whether an error means that the conversation is too long for the model.
     *
     * @param error what the call of the model threw
     * @return true if the error or one of its causes says so and none of them speaks of a rate limit or an outage
     */
    public static boolean isContextLimit(Throwable error) {
        Objects.requireNonNull(error, "error must not be null");
        if (Causes.of(error).anyMatch(ContextLimitErrors::isVetoedByKind)) {
            return false;
        }
        if (Causes.of(error).anyMatch(cause -> textOf(cause).contains(CODE))) {
            return true;
        }
        return Causes.of(error).noneMatch(cause -> anyIn(VETOES, textOf(cause)))
                && Causes.of(error).anyMatch(cause -> anyIn(CONTEXT_LIMITS, textOf(cause)));
    }

    private static boolean isVetoedByKind(Throwable cause) {
        OptionalInt status = HttpFailure.status(cause);
        String text = textOf(cause);
        return cause instanceof VirtualMachineError
                || (status.isPresent() && VETOED_STATUSES.contains(status.getAsInt()))
                || anyIn(VETOED_EXCEPTIONS, cause.getClass().getSimpleName().toLowerCase(Locale.ROOT))
                || VETOED_STATUS.matcher(text).find();
    }

    /** The message and, where they are kept apart, the body of the answer and the provider's names for the error. */
    private static String textOf(Throwable cause) {
        Stream<String> message = Stream.ofNullable(cause.getMessage());
        Stream<String> apart = Stream.concat(HttpFailure.body(cause).stream(), HttpFailure.names(cause));
        return Stream.concat(message, apart).collect(Collectors.joining("\n")).toLowerCase(Locale.ROOT);
    }

    private static boolean anyIn(List<Text> texts, String text) {
        return texts.stream().anyMatch(known -> known.isIn(text));
    }

    private static List<Text> texts(String... texts) {
        return Arrays.stream(texts)
                .map(text -> new Text(List.of(text.split(" … "))))
                .toList();
    }

    /** Parts that follow each other. */
    private record Text(List<String> parts) {
        boolean isIn(String text) {
            int from = 0;
            for (String part : parts) {
                int at = text.indexOf(part, from);
                if (at < 0) {
                    return false;
                }
                from = at + part.length();
            }
            return true;
        }
    }
}
