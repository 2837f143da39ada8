package io.github.agentcompaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ContextLimitErrorsTest {

    static Stream<Arguments> contextLimits() {
        return Stream.of(
                argumentSet("OpenAI chat completions", """
                        HTTP 400 - {"error":{"message":"This model's maximum context length is 128000 tokens. However, your \
                        messages resulted in 131742 tokens. Please reduce the length of the messages.","type":\
                        "invalid_request_error","param":"messages","code":"context_length_exceeded"}}"""),
                argumentSet("OpenAI, the answer does not fit any more", """
                        400: This model's maximum context length is 4097 tokens. However, you requested 5360 tokens (1360 in \
                        the messages, 4000 in the completion). Please reduce the length of the messages or completion."""),
                argumentSet("OpenAI responses", """
                        {"type":"response.failed","response":{"status":"failed","error":{"code":"context_length_exceeded",\
                        "message":"Your input exceeds the context window of this model. Please adjust your input and try \
                        again."}}}"""),
                argumentSet("OpenAI responses, text only", """
                        400: Your input exceeds the context window of this model. Please adjust your input and try again."""),
                argumentSet("OpenAI GPT-5", """
                        400: Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 429312 \
                        tokens. Please reduce the length of the messages."""),
                argumentSet("Azure OpenAI", """
                        Status code 400, "{"error":{"message":"This model's maximum context length is 16385 tokens. However, \
                        you requested 17204 tokens (17204 in your prompt; 0 for the completion). Please reduce your prompt; or \
                        completion length.","type":"invalid_request_error","param":null,"code":null}}\""""),
                argumentSet("Anthropic, the prompt", """
                        400: {"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 215874 \
                        tokens > 200000 maximum"},"request_id":"req_011CQ4290429"}"""),
                argumentSet("Anthropic, prompt and answer", """
                        {"type":"error","error":{"type":"invalid_request_error","message":"input length and `max_tokens` \
                        exceed context limit: 188240 + 21333 > 200000, decrease input length or `max_tokens` and try again"}}"""),
                argumentSet("Anthropic, HTTP 413", """
                        HTTP 413 - {"type":"error","error":{"type":"request_too_large","message":"Request exceeds the maximum \
                        size"}}"""),
                argumentSet("Gemini", """
                        400 Bad Request. {"error":{"code":400,"message":"The input token count (1048912) exceeds the maximum \
                        number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}"""),
                argumentSet("Vertex AI", """
                        io.grpc.StatusRuntimeException: INVALID_ARGUMENT: The input token count exceeds the maximum number of \
                        tokens allowed 1048576."""),
                argumentSet("Bedrock, Claude", """
                        Input is too long for requested model. (Service: BedrockRuntime, Status Code: 400, Request ID: \
                        4290a3c1-0429-4f42-9429-000000000429) (SDK Attempt Count: 1)"""),
                argumentSet("Bedrock, Titan", """
                        400 Bad Request: Too many input tokens. Max input tokens: 8192, request input token count: 10305 \
                        (Service: BedrockRuntime, Status Code: 400, Request ID: 6f1c)"""),
                argumentSet("Bedrock, characters", """
                        Malformed input request: expected maxLength: 429, actual: 61234, please reformat your input and try \
                        again. (Service: BedrockRuntime, Status Code: 400, Request ID: 1b7e)"""),
                argumentSet("Bedrock, others", """
                        The model returned the following errors: Prompt tokens (140429) exceed model maximum (131072). \
                        (Service: BedrockRuntime, Status Code: 400, Request ID: 77ab)"""),
                argumentSet("Mistral", """
                        {"object":"error","message":"Prompt contains 40429 tokens and 0 draft tokens, too large for model with \
                        32768 maximum context length","type":"invalid_request_error","param":null,"code":"3051"}"""),
                argumentSet("Ollama", """
                        [500] Internal Server Error - {"error":"prompt too long; exceeded max context length by 429 tokens"}"""),
                argumentSet("llama.cpp", """
                        {"error":{"code":400,"message":"the request exceeds the available context size, try increasing it",\
                        "type":"exceed_context_size_error","n_prompt_tokens":429,"n_ctx":256}}"""),
                argumentSet("vLLM", """
                        {"object":"error","message":"This model's maximum context length is 4096 tokens. However, you requested \
                        4290 tokens (3790 in the messages, 500 in the completion). Please reduce the length of the messages or \
                        completion.","type":"BadRequestError","param":null,"code":400}"""),
                argumentSet("OpenRouter", """
                        {"error":{"message":"This endpoint's maximum context length is 131072 tokens. However, you requested \
                        about 140123 tokens (139100 of text input, 1023 in the output). Please reduce the length of either one, \
                        or use the \\"middle-out\\" transform to compress your prompt automatically.","code":400,"metadata":\
                        {"provider_name":null}}}"""),
                argumentSet("Groq", """
                        {"error":{"message":"Please reduce the length of the messages or completion.","type":\
                        "invalid_request_error","param":"messages"}}"""),
                argumentSet("xAI", """
                        {"code":"Client specified an invalid argument","error":"This model's maximum prompt length is 131072 but \
                        the request contains 537812 tokens."}"""),
                argumentSet("Together, sglang", """
                        {"object":"error","message":"The input (12429 tokens) is longer than the model's context length (8192 \
                        tokens).","type":"BadRequestError","param":null,"code":400}"""),
                argumentSet("sglang behind a gateway that escapes apostrophes", """
                        {"message":"The input (12429 tokens) is longer than the model\\u0027s context length (8192 tokens)."}"""),
                argumentSet("LM Studio", """
                        {"error":"The number of tokens to keep from the initial prompt is greater than the context length. Try \
                        to load the model with a larger context length, or provide a shorter input"}"""),
                argumentSet("Kimi", """
                        {"error":{"message":"Invalid request: Your request exceeded model token limit: 8192","type":\
                        "invalid_request_error"}}"""),
                argumentSet("MiniMax", """
                        {"type":"error","error":{"type":"bad_request_error","message":"invalid params, context window exceeds \
                        limit (2013)"}}"""),
                argumentSet("generic, tokens", "HTTP 400 - Too many tokens in the request"),
                argumentSet("generic, limit", "The conversation is over the token limit of the model"),
                argumentSet("generic, length", "Context length exceeded"));
    }

    /** Worded as closely to the ones above as the providers do it. */
    static Stream<Arguments> rateLimitsAndOutages() {
        return Stream.of(
                argumentSet("OpenAI, tokens per minute", """
                        429: Rate limit reached for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Used \
                        28100, Requested 4100. Please try again in 4.4s."""),
                argumentSet("OpenAI, one request over the limit per minute", """
                        {"error":{"message":"Request too large for gpt-4o in organization org-x on tokens per min (TPM): Limit \
                        30000, Requested 41000. The input or output tokens must be reduced in order to run successfully. \
                        Please reduce the length of the messages.","type":"tokens","param":null,"code":"rate_limit_exceeded"}}"""),
                argumentSet("Azure OpenAI", """
                        Status code 429, "{"error":{"code":"429","message":"Requests to the ChatCompletions_Create Operation have \
                        exceeded the token limit of your current AIServices S0 pricing tier. Please retry after 20 seconds."}}\""""),
                argumentSet("Anthropic", """
                        {"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed your \
                        organization's limit of 40,000 input tokens per minute; too many tokens."}}"""),
                argumentSet("Anthropic, overloaded", """
                        529: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded; token limit"}}"""),
                argumentSet("Gemini", """
                        429 RESOURCE_EXHAUSTED. You exceeded your current quota. Quota exceeded for metric: \
                        generativelanguage.googleapis.com/generate_content_free_tier_input_token_count, token limit: 250000"""),
                argumentSet("Vertex AI", """
                        io.grpc.StatusRuntimeException: RESOURCE_EXHAUSTED: Quota exceeded, input token count of this minute \
                        exceeds the maximum number of tokens allowed"""),
                argumentSet("Bedrock, its text", "Too many tokens, please wait before trying again."),
                argumentSet("Bedrock, as the SDK prints it", """
                        Too many tokens per day. (Service: BedrockRuntime, Status Code: 429, Request ID: 2c0d) (SDK Attempt \
                        Count: 4)"""),
                argumentSet("Bedrock, the error's name in the text", "ThrottlingException: Too many tokens"),
                argumentSet("Mistral", """
                        {"object":"error","message":"Service tier capacity exceeded for this model. Token limit.","type":\
                        "service_tier_capacity_exceeded","param":null,"code":"3505"}"""),
                argumentSet("Groq, with status 413", """
                        HTTP 413 - {"error":{"message":"Request too large for model `llama-3.1-8b-instant` on tokens per minute \
                        (TPM): Limit 6000, Requested 8012, please reduce the length of the messages and try again.","type":\
                        "tokens","code":"rate_limit_exceeded"}}"""),
                argumentSet("vLLM and Ollama behind a proxy", "503 Service Unavailable: token limit"),
                argumentSet("OpenRouter", """
                        {"error":{"message":"Provider returned error: token limit","code":429,"metadata":{"raw":"upstream"}}}"""),
                argumentSet("xAI", """
                        {"code":"Some resource has been exhausted","error":"Too many requests for team: token limit. Your team \
                        has either used all available credits or reached its rate limit."}"""),
                argumentSet("Kimi", """
                        {"error":{"message":"Your account reached max organization TPM rate limit, token limit: 32000","type":\
                        "rate_limit_reached_error"}}"""),
                argumentSet("MiniMax", """
                        {"base_resp":{"status_code":1002,"status_msg":"rate limit, too many tokens"}}"""));
    }

    static Stream<Arguments> otherErrors() {
        return Stream.of(
                argumentSet("OpenAI, one long string", """
                        {"error":{"message":"Invalid 'messages[0].content': string too long. Expected a string with maximum \
                        length 1048576, but got a string with length 1540820 instead. Please reduce the length of the \
                        messages.","type":"invalid_request_error","code":"string_above_max_length"}}"""),
                argumentSet("OpenAI, key", """
                        401: {"error":{"message":"Incorrect API key provided: sk-abc***. You can find your API key in your \
                        account settings.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"""),
                argumentSet("OpenAI, model", """
                        {"error":{"message":"The model `gpt-5-huge` does not exist or you do not have access to it.","type":\
                        "invalid_request_error","param":null,"code":"model_not_found"}}"""),
                argumentSet("OpenAI, max_tokens", """
                        {"error":{"message":"max_tokens is too large: 100000. This model supports at most 16384 completion \
                        tokens, whereas you provided 100000.","type":"invalid_request_error","param":"max_tokens","code":\
                        "invalid_value"}}"""),
                argumentSet("Azure OpenAI, content filter", """
                        {"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content \
                        management policy.","type":null,"param":"prompt","code":"content_filter","status":400}}"""),
                argumentSet("Anthropic, max_tokens", """
                        {"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: 100000 > 8192, which is \
                        the maximum allowed number of output tokens for claude-3-5-sonnet-20241022"}}"""),
                argumentSet("Gemini, maxOutputTokens", """
                        Unable to submit request because it has a maxOutputTokens value of 100000 but the supported range is \
                        from 1 (inclusive) to 8193 (exclusive). Update the value and try again."""),
                argumentSet("Bedrock, maxTokens", """
                        The maximum tokens you requested exceeds the model limit of 4096. Try again with a maximum tokens value \
                        that is lower than 4096. (Service: BedrockRuntime, Status Code: 400, Request ID: 4f)"""),
                argumentSet("Groq, max_tokens", """
                        `max_tokens` must be less than or equal to `8192`, the maximum value for `max_tokens` is less than the \
                        `context_window` for this model"""),
                argumentSet(
                        "Mistral, order of the parts",
                        "maximum context length known, image too large for model with vision"),
                argumentSet("a proxy's 413", "413 Request Entity Too Large"),
                argumentSet("a refused connection", "Connection refused"));
    }

    @ParameterizedTest
    @MethodSource("contextLimits")
    void isContextLimit_textOfAProvider(String message) {
        assertThat(ContextLimitErrors.isContextLimit(new RuntimeException(message)))
                .isTrue();
    }

    @ParameterizedTest
    @MethodSource("contextLimits")
    void isContextLimit_threeCausesDeep(String message) {
        var wrapped = new IllegalStateException(
                "Stream processing failed",
                new CompletionException(new RuntimeException("call failed", new IOException(message))));

        assertThat(ContextLimitErrors.isContextLimit(wrapped)).isTrue();
    }

    @ParameterizedTest
    @MethodSource({"rateLimitsAndOutages", "otherErrors"})
    void isContextLimit_anotherError(String message) {
        assertThat(ContextLimitErrors.isContextLimit(new RuntimeException(message)))
                .isFalse();
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
                "HTTP 429 - token limit",
                "HTTP/1.1 429 token limit",
                "429 - token limit",
                "429: token limit",
                "429 Too Many Requests: token limit",
                "status code: 429, token limit",
                "Status Code: 429; token limit",
                "statusCode=429 token limit",
                "{\"code\":429,\"message\":\"token limit\"}",
                "{\"status\": \"429\", \"message\": \"token limit\"}",
                "com.openai.errors.UnexpectedStatusCodeException: 429: token limit",
                "Error code: 429 - token limit",
                "HTTP 503 - token limit",
            })
    void isContextLimit_statusInTheMessage(String message) {
        assertThat(ContextLimitErrors.isContextLimit(new RuntimeException(message)))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "token limit: your messages resulted in 4290 tokens",
                "token limit: your messages resulted in 429 tokens",
                "token limit: 429 tokens, but 4290 were sent",
                "prompt is too long: 429 tokens > 256 maximum",
                "prompt is too long: 503 input tokens > 256 maximum",
                "429 tokens are over the token limit",
                "429 input tokens are over the token limit",
                "429,000 tokens are over the token limit",
                "HTTP 400 - token limit 429",
                "token limit, request id req_429, trace http4290",
                "token limit, error code: 4290",
            })
    void isContextLimit_countThatLooksLikeAStatus(String message) {
        assertThat(ContextLimitErrors.isContextLimit(new RuntimeException(message)))
                .isTrue();
    }

    @Test
    void isContextLimit_nameOfTheException() {
        assertThat(ContextLimitErrors.isContextLimit(new ThrottlingException())).isFalse();
        assertThat(ContextLimitErrors.isContextLimit(new TooManyRequestsException()))
                .isFalse();
        assertThat(ContextLimitErrors.isContextLimit(new RateLimitException())).isFalse();
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
        assertThat(ContextLimitErrors.isContextLimit(new RuntimeException("token limit", failure)))
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
                        {"error":{"message":"token limit","code":"rate_limit_exceeded"}}"""))).isFalse();
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
        assertThat(ContextLimitErrors.isContextLimit(new OutOfMemoryError("token limit")))
                .isFalse();
        assertThat(ContextLimitErrors.isContextLimit(
                        new RuntimeException("token limit", new StackOverflowError("prompt is too long"))))
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

    @ParameterizedTest
    @ValueSource(
            strings = {
                "You exceeded your monthly token limit",
                "insufficient_quota: daily token limit reached",
                "output token limit reached (finish_reason=length)",
                "Personal access token limit reached",
                "TPM quota exceeded: too many tokens requested in the last 60 seconds",
                "Requests have exceeded the token limit of your current AIServices S0 pricing tier.",
                "Over the token limit of this deployment. Please retry after 20 seconds."
            })
    void isContextLimit_limitsOfAccountsAndAnswers_areNone(String message) {
        assertThat(ContextLimitErrors.isContextLimit(new RuntimeException(message)))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "The input token count is 36789 but model only supports up to 32768",
                "{\"error\":{\"code\":\"tokens_limit_reached\",\"message\":\"Request body too large for gpt-4o model.\"}}",
                "The prompt is longer than the maximum model length of 4096",
                "the input length exceeds the context length",
                "exceeds the model's maximum context length of 8192"
            })
    void isContextLimit_lessCommonTexts_areRecognized(String message) {
        assertThat(ContextLimitErrors.isContextLimit(new RuntimeException(message)))
                .isTrue();
    }

    /** Some servers echo what the user wrote, which must not decide. */
    @Test
    void isContextLimit_codeBesideAVetoInTheText_isOne() {
        String echo = "{\"code\":\"context_length_exceeded\",\"prompt\":\"What is a rate limit?\"}";

        assertThat(ContextLimitErrors.isContextLimit(new RuntimeException(echo)))
                .isTrue();
        assertThat(ContextLimitErrors.isContextLimit(new RuntimeException("HTTP 429 - " + echo)))
                .isFalse();
    }
}
