package io.github.agentcompaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import java.io.IOException;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ContextLimitErrorsTest {

    /** Each by another way of saying it: a status, a code, words. */
    static Stream<Arguments> rateLimitsAndOutages() {
        return Stream.of(
                argumentSet("OpenAI, status", "429: too many tokens"),
                argumentSet("Azure OpenAI, status", """
                        Status code 429, "{"error":{"code":"429","message":"Please retry after 20 seconds."}}\""""),
                argumentSet("Bedrock, as the SDK prints it", """
                        Too many tokens per day. (Service: BedrockRuntime, Status Code: 429, Request ID: 2c0d) (SDK Attempt \
                        Count: 4)"""),
                argumentSet("Ollama, status", "[503] Service Unavailable - {\"error\":\"server busy\"}"),
                argumentSet("Anthropic, overloaded", """
                        529: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"""),
                argumentSet("OpenRouter, code", """
                        {"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"upstream"}}}"""),
                argumentSet("Groq, code", """
                        HTTP 413 - {"error":{"message":"Request too large for model `llama-3.1-8b-instant`, please reduce your \
                        message size and try again.","type":"tokens","code":"rate_limit_exceeded"}}"""),
                argumentSet("Vertex AI, code", "io.grpc.StatusRuntimeException: RESOURCE_EXHAUSTED: Quota exceeded"),
                argumentSet("Kimi, words", "Your account reached max organization TPM rate limit, limit: 32000"));
    }

    @ParameterizedTest
    @MethodSource("rateLimitsAndOutages")
    void isContextLimit_vetoInTheCause(String message) {
        var wrapped = new RuntimeException(
                "maximum context length is 8192 tokens", new RuntimeException("call failed", new IOException(message)));

        assertThat(ContextLimitErrors.isContextLimit(wrapped)).isFalse();
    }

    @ParameterizedTest
    @MethodSource("rateLimitsAndOutages")
    void isContextLimit_vetoAroundTheCause(String message) {
        var wrapped = new RuntimeException(message, new IOException("maximum context length is 8192 tokens"));

        assertThat(ContextLimitErrors.isContextLimit(wrapped)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP 429 - prompt is too long",
                "HTTP/1.1 429 prompt is too long",
                "429 - prompt is too long",
                "429: prompt is too long",
                "429 Too Many Requests: prompt is too long",
                "status code: 429, prompt is too long",
                "Status Code: 429; prompt is too long",
                "statusCode=429 prompt is too long",
                "{\"code\":429,\"message\":\"prompt is too long\"}",
                "{\"status\": \"429\", \"message\": \"prompt is too long\"}",
                "com.openai.errors.UnexpectedStatusCodeException: 429: prompt is too long",
                "Error code: 429 - prompt is too long",
                "java.lang.RuntimeException: com.openai.errors.RateLimitException: 429: prompt is too long",
                "[429] Too Many Requests - prompt is too long",
                "HTTP 503 - prompt is too long",
                "HTTP 529 - prompt is too long",
            })
    void isContextLimit_statusInTheMessage(String message) {
        assertThat(ContextLimitErrors.isContextLimit(new RuntimeException(message)))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "too many tokens: your messages resulted in 4290 tokens",
                "too many tokens: your messages resulted in 429 tokens",
                "too many tokens: 429 tokens, but 4290 were sent",
                "prompt is too long: 429 tokens > 256 maximum",
                "prompt is too long: 503 input tokens > 256 maximum",
                "429 tokens are too many tokens",
                "429 input tokens are too many tokens",
                "429,000 tokens are too many tokens",
                "HTTP 400 - too many tokens 429",
                "too many tokens, request id req_429, trace http4290",
                "too many tokens, error code: 4290",
            })
    void isContextLimit_countThatLooksLikeAStatus(String message) {
        assertThat(ContextLimitErrors.isContextLimit(new RuntimeException(message)))
                .isTrue();
    }

    /** Some servers echo what the user wrote, which must not decide. */
    @Test
    void isContextLimit_codeBesideAVetoInTheText_isOne() {
        String echo = "{\"code\":\"context_length_exceeded\",\"prompt\":\"What is a rate limit?\"}";

        assertThat(ContextLimitErrors.isContextLimit(new RuntimeException(echo)))
                .isTrue();
        assertThat(ContextLimitErrors.isContextLimit(
                        new NamingException("400: What is a rate limit?", "context_length_exceeded", null)))
                .isTrue();
        assertThat(ContextLimitErrors.isContextLimit(
                        new RuntimeException("What is a rate limit?", new RuntimeException("context_length_exceeded"))))
                .isTrue();
    }

    @Test
    void isContextLimit_codeBesideTheStatusOfARateLimit_isNone() {
        assertThat(ContextLimitErrors.isContextLimit(new RuntimeException("HTTP 429 - context_length_exceeded")))
                .isFalse();
        assertThat(ContextLimitErrors.isContextLimit(
                        new RuntimeException("context_length_exceeded", new SdkException(429))))
                .isFalse();
        assertThat(ContextLimitErrors.isContextLimit(
                        new RuntimeException("context_length_exceeded", new RateLimitException())))
                .isFalse();
    }

    @Test
    void isContextLimit_nameOfTheException() {
        assertThat(ContextLimitErrors.isContextLimit(new ThrottlingException())).isFalse();
        assertThat(ContextLimitErrors.isContextLimit(new TooManyRequestsException()))
                .isFalse();
        assertThat(ContextLimitErrors.isContextLimit(new RateLimitException())).isFalse();
        assertThat(ContextLimitErrors.isContextLimit(new ResourceExhaustedException()))
                .isFalse();
        assertThat(ContextLimitErrors.isContextLimit(new ServiceUnavailableException()))
                .isFalse();
        assertThat(ContextLimitErrors.isContextLimit(new RuntimeException("call failed", new RateLimitException())))
                .isFalse();
    }

    static Stream<RuntimeException> failuresWithAStatusOf429() {
        return Stream.of(
                new SdkException(429),
                new SpringException(new HttpStatus(429), ""),
                new OldSpringException(429),
                new GoogleException(429),
                new BoxedException(429L));
    }

    @ParameterizedTest
    @MethodSource("failuresWithAStatusOf429")
    void isContextLimit_statusOfTheException(RuntimeException failure) {
        assertThat(ContextLimitErrors.isContextLimit(failure)).isFalse();
        assertThat(ContextLimitErrors.isContextLimit(new RuntimeException("too many tokens", failure)))
                .isFalse();
    }

    @Test
    void isContextLimit_statusOfABadRequest() {
        assertThat(ContextLimitErrors.isContextLimit(new SdkException(400))).isTrue();
        assertThat(ContextLimitErrors.isContextLimit(new SpringException(new HttpStatus(413), "")))
                .isTrue();
        assertThat(ContextLimitErrors.isContextLimit(new OldSpringException(500)))
                .isTrue();
    }

    @Test
    void isContextLimit_statusThatCannotBeRead() {
        assertThat(ContextLimitErrors.isContextLimit(new HidingException())).isTrue();
        assertThat(ContextLimitErrors.isContextLimit(new FailingException())).isTrue();
        assertThat(ContextLimitErrors.isContextLimit(new StatusAsTextException()))
                .isTrue();
    }

    @Test
    void isContextLimit_bodyApartFromTheMessage() {
        assertThat(ContextLimitErrors.isContextLimit(new BodyException("""
                        {"error":{"message":"Your input exceeds the context window of this model.","code":\
                        "context_length_exceeded"}}"""))).isTrue();
        assertThat(ContextLimitErrors.isContextLimit(new BodyException("""
                        {"error":{"message":"too many tokens","code":"rate_limit_exceeded"}}"""))).isFalse();
        assertThat(ContextLimitErrors.isContextLimit(new BodyException("{}"))).isFalse();
    }

    @Test
    void isContextLimit_nameApartFromTheMessage() {
        assertThat(ContextLimitErrors.isContextLimit(new NamingException(
                        "413: Request exceeds the maximum size", Optional.empty(), Optional.of("request_too_large"))))
                .isTrue();
        assertThat(ContextLimitErrors.isContextLimit(
                        new NamingException("400: Bad request", Optional.of("context_length_exceeded"), null)))
                .isTrue();
        assertThat(ContextLimitErrors.isContextLimit(
                        new NamingException("400: Bad request", "context_length_exceeded", "")))
                .isTrue();
        assertThat(ContextLimitErrors.isContextLimit(new NamingException(
                        "413: too many tokens", Optional.of("rate_limit_exceeded"), Optional.of("tokens"))))
                .isFalse();
        assertThat(ContextLimitErrors.isContextLimit(new NamingException("400: Bad request", 400, new Object())))
                .isFalse();
    }

    @Test
    void isContextLimit_circleOfCauses() {
        var inner = new RuntimeException("inner");
        var outer = new RuntimeException("outer", inner);
        inner.initCause(outer);
        assertThat(ContextLimitErrors.isContextLimit(outer)).isFalse();

        var limit = new RuntimeException("maximum context length is 8192 tokens");
        var around = new RuntimeException("around", limit);
        limit.initCause(around);
        assertThat(ContextLimitErrors.isContextLimit(around)).isTrue();
    }

    @Test
    void isContextLimit_noMessage() {
        assertThat(ContextLimitErrors.isContextLimit(new RuntimeException())).isFalse();
        assertThat(ContextLimitErrors.isContextLimit(new RuntimeException(new IOException("prompt is too long"))))
                .isTrue();
    }

    @Test
    void isContextLimit_errorOfTheVirtualMachine() {
        assertThat(ContextLimitErrors.isContextLimit(new OutOfMemoryError("too many tokens")))
                .isFalse();
        assertThat(ContextLimitErrors.isContextLimit(
                        new RuntimeException("too many tokens", new StackOverflowError("prompt is too long"))))
                .isFalse();
    }

    @Test
    @SuppressWarnings("NullAway") // what a caller without null checks may do
    void isContextLimit_null() {
        assertThatNullPointerException()
                .isThrownBy(() -> ContextLimitErrors.isContextLimit(null))
                .withMessage("error must not be null");
    }

    /** The shapes of the clients' exceptions; by their message alone all of them would be context limits. */
    @SuppressWarnings("serial") // never serialized
    private abstract static class ClientException extends RuntimeException {
        ClientException() {
            super("too many tokens");
        }

        ClientException(String message) {
            super(message);
        }
    }

    @SuppressWarnings("serial")
    private static final class ThrottlingException extends ClientException {}

    @SuppressWarnings("serial")
    private static final class TooManyRequestsException extends ClientException {}

    @SuppressWarnings("serial")
    private static final class RateLimitException extends ClientException {}

    @SuppressWarnings("serial")
    private static final class ResourceExhaustedException extends ClientException {}

    @SuppressWarnings("serial")
    private static final class ServiceUnavailableException extends ClientException {}

    /** As of the AWS, OpenAI and Anthropic SDKs. */
    @SuppressWarnings("serial")
    private static final class SdkException extends ClientException {
        private final int status;

        SdkException(int status) {
            this.status = status;
        }

        public int statusCode() {
            return status;
        }
    }

    /** As of Spring 6 and 7. */
    @SuppressWarnings("serial")
    private static final class SpringException extends ClientException {
        private final transient HttpStatus status;
        private final String body;

        SpringException(HttpStatus status, String body) {
            this.status = status;
            this.body = body;
        }

        public HttpStatus getStatusCode() {
            return status;
        }

        public String getResponseBodyAsString() {
            return body;
        }
    }

    /** As of OpenAI's SDK, whose message is the status and the text of the answer, without the code and the type. */
    @SuppressWarnings("serial")
    private static final class NamingException extends ClientException {
        private final @Nullable Object code;
        private final @Nullable Object type;

        NamingException(String message, @Nullable Object code, @Nullable Object type) {
            super(message);
            this.code = code;
            this.type = type;
        }

        public @Nullable Object code() {
            return code;
        }

        public @Nullable Object type() {
            return type;
        }
    }

    private record HttpStatus(int value) {}

    @SuppressWarnings("serial")
    private static final class OldSpringException extends ClientException {
        private final int status;

        OldSpringException(int status) {
            this.status = status;
        }

        /** A status unknown to the enum: there is no object for it. */
        public HttpStatus getStatusCode() {
            throw new IllegalArgumentException("no matching constant");
        }

        public int getRawStatusCode() {
            return status;
        }
    }

    @SuppressWarnings("serial")
    private static final class GoogleException extends ClientException {
        private final int status;

        GoogleException(int status) {
            this.status = status;
        }

        public int code() {
            return status;
        }
    }

    @SuppressWarnings("serial")
    private static final class BoxedException extends ClientException {
        private final Long status;

        BoxedException(Long status) {
            this.status = status;
        }

        public Long statusCode() {
            return status;
        }
    }

    @SuppressWarnings({"serial", "unused"})
    private static final class HidingException extends ClientException {
        private int statusCode() {
            return 429;
        }

        public int getStatusCode(int which) {
            return 429 + which;
        }
    }

    @SuppressWarnings("serial")
    private static final class FailingException extends ClientException {
        public int statusCode() {
            throw new IllegalStateException("no response");
        }

        public String getResponseBodyAsString() {
            throw new IllegalStateException("no response");
        }
    }

    @SuppressWarnings("serial")
    private static final class StatusAsTextException extends ClientException {
        public Object statusCode() {
            return "context_length_exceeded";
        }

        public Object getStatusCode() {
            return new Object();
        }
    }

    @SuppressWarnings("serial")
    private static final class BodyException extends ClientException {
        private final String body;

        BodyException(String body) {
            super("400 Bad Request: [no body]");
            this.body = body;
        }

        public String getResponseBodyAsString() {
            return body;
        }
    }
}
