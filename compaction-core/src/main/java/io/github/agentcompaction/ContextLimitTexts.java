package io.github.agentcompaction;

import java.util.List;

/** What the providers' errors say, and where that was found. */
final class ContextLimitTexts {

    /*
     * A text in the program and not a resource: a native image needs no hint for it, and no encoding is guessed.
     *
     * A new row stands with its provider, and has the weakest kind that works: VAGUE rather than LIMIT, DOUBT rather than VETO. The test
     * wants a real text in context-limits.txt that is judged wrongly without the row.
     *
     * No rows are: token_limit_exceeded (also OpenAI's batch queue and Novita's limit per minute), TOO_MANY_TOKENS
     * (Cohere's for the answer, too), too_many_tokens_error (Cerebras, per minute), characters_too_long and 336007
     * (Baidu, for anything), and a bare "token limit" (plans, gateways, budgets).
     */
    static final List<ContextLimitRule> ALL = ContextLimitRule.read("""
            [OpenAI, Azure OpenAI, and the many who took over their words]
            code  | context_length_exceeded                                       | https://github.com/microsoft/kernel-memory/issues/278
            limit | maximum context length is                                     | https://github.com/microsoft/kernel-memory/issues/278
            limit | exceeds the context window                                    | public test of another project
            limit | input tokens exceed the configured limit                      | https://github.com/BerriAI/litellm/issues/18927
            limit | exceeds the model … maximum context length                    | https://portkey.ai/error-library/context-length-error-10013
            veto  | ; 0 for the completion                                        | embeddings: https://github.com/fierceX/Document_QA/issues/3

            [GitHub Models, GitHub Copilot]
            code  | tokens_limit_reached                                          | public test of another project
            code  | model_max_prompt_tokens_exceeded                              | https://github.com/microsoft/vscode/issues/289219
            limit | prompt token count of … exceeds the limit of                  | https://github.com/microsoft/vscode/issues/293419

            [Anthropic, also on Vertex AI, Bedrock and behind gateways]
            code  | model_context_window_exceeded                                 | openclaw/openclaw src/agents/pi-embedded-helpers.isbillingerrormessage.test.ts
            limit | prompt is too long                                            | https://github.com/OpenHands/OpenHands/issues/5350
            limit | exceed context limit                                          | https://github.com/stackblitz/bolt.new/issues/7414
            limit | exceeds model context window                                  | openclaw/openclaw src/agents/pi-embedded-helpers.isbillingerrormessage.test.ts
            limit | too many total text bytes                                     | public test of another project
            vague | request_too_large                                             | badlogic/pi-mono packages/ai/src/utils/overflow.ts
            doubt | file size                                                     | Files API, from memory
            doubt | upload                                                        | openclaw/openclaw src/agents/pi-embedded-helpers.isbillingerrormessage.test.ts

            [Gemini, Vertex AI]
            limit | input token count … exceeds the maximum number of tokens      | https://github.com/BerriAI/litellm/issues/18282
            limit | input token count … model only supports up to                 | NousResearch/hermes-agent
            limit | input context is too long                                     | public test of another project
            limit | request contains … tokens, which exceeds the limit of         | public test of another project
            veto  | resource_exhausted                                            | Google's status for a quota

            [Amazon Bedrock, Databricks, Replicate]
            limit | input is too long                                             | faktenforum/agents src/utils/__tests__/fixtures/contextOverflowSignatures.ts
            limit | number of input tokens exceeds maximum length                 | anomalyco/opencode packages/ai/test/provider-error.test.ts
            limit | too many input tokens. max input tokens                       | public test of another project
            limit | malformed input request … expected maxlength: … actual:       | public test of another project
            limit | prompt tokens ( … exceed model maximum                        | BerriAI/litellm, integration test
            veto  | #/texts/ … expected maxlength:                                | Cohere's embeddings, from memory
            veto  | expected maxlength: 50000,                                    | Titan's embeddings: public test of another project
            doubt | throttl                                                       | Bedrock API reference, ThrottlingException
            doubt | please wait before trying again                               | Bedrock API reference, ThrottlingException

            [vLLM]
            limit | context length is only                                        | vllm-project/vllm vllm/renderers/params.py
            limit | longer than the maximum model length of                       | primerhq/primer tests/common/test_context_overflow.py
            limit | too long to fit into the model                                | https://github.com/vllm-project/vllm/issues/12165
            veto  | tokens in the input for                                       | embeddings and scores: public test of another project

            [Cloudflare Workers AI]
            limit | exceeded this model context window limit                      | anomalyco/opencode packages/ai/test/provider-error.test.ts

            [SGLang, Together, TensorRT-LLM]
            limit | is longer than the model … context length                     | https://github.com/QwenLM/Qwen3/issues/1321
            limit | exceeds model … maximum context length                        | badlogic/pi-mono packages/ai/src/utils/overflow.ts
            limit | sum of prompt length … should not exceed max_num_tokens       | NVIDIA/TensorRT-LLM, RequestError of its executor
            limit | must be less than the context length of the model             | Together's documentation

            [Text Generation Inference, Together]
            limit | `inputs` must have less than … tokens. given:                 | huggingface/text-generation-inference router/src/validation.rs
            limit | `inputs` tokens + `max_new_tokens` must be                    | huggingface/text-generation-inference router/src/validation.rs
            limit | sum of … inputs … max_new_tokens … must not exceed            | public test of another project
            veto  | `inputs` must have less than … "type":"validation"            | embeddings: huggingface/text-embeddings-inference

            [Baseten, DeepInfra, DS4, mlx-serve]
            limit | exceeds the maximum allowed input length of                   | vals-ai/model-library, retry test
            limit | requested input length … exceeds maximum input length         | anomalyco/opencode packages/ai/test/provider-error.test.ts
            limit | but the configured context size is                            | badlogic/pi-mono packages/ai/src/utils/overflow.ts
            limit | prompt exceeds maximum context length                         | https://github.com/ddalcu/mlx-serve/issues/66

            [llama.cpp, llama-cpp-python, LM Studio, Ollama]
            code  | exceed_context_size_error                                     | openclaw/openclaw src/agents/pi-embedded-helpers/provider-error-patterns.test.ts
            limit | exceeds the available context size                            | openclaw/openclaw src/agents/pi-embedded-helpers/provider-error-patterns.test.ts
            limit | context size has been exceeded                                | public test of another project
            limit | context shift is disabled                                     | public test of another project
            limit | requested tokens … exceed context window of                   | public test of another project
            limit | greater than the context length                               | public test of another project
            limit | trying to keep the first … tokens when context                | primerhq/primer tests/common/test_context_overflow.py
            limit | input length exceeds the context length                       | public test of another project

            [Ollama, omlx, Zhipu]
            limit | prompt too long                                               | anomalyco/opencode packages/ai/test/provider-error.test.ts

            [Mistral]
            limit | too large for model with … maximum context length             | faktenforum/agents src/utils/__tests__/fixtures/contextOverflowSignatures.ts
            limit | prompt … > … maximum context length                           | vals-ai/model-library, retry test
            doubt | split into more batches                                       | embeddings: public test of another project

            [Groq, Cerebras]
            limit | reduce the length of the messages or completion               | public test of another project
            limit | current length is … while limit is                            | BerriAI/litellm, tests

            [xAI]
            limit | maximum prompt length is                                      | faktenforum/agents src/utils/__tests__/fixtures/contextOverflowSignatures.ts

            [Cohere]
            limit | too many tokens: size limit exceeded by                       | Cohere API reference
            doubt | max tokens must be                                            | Cohere API reference

            [LiteLLM]
            code  | contextwindowexceedederror                                    | BerriAI/litellm litellm/exceptions.py

            [Perplexity]
            code  | too_many_prompt_tokens                                        | https://github.com/BerriAI/litellm/pull/21647
            limit | total length of all messages is too long                      | symfony/ai, test of the Perplexity bridge

            [Snowflake Cortex]
            vague | max tokens of … exceeded                                      | https://github.com/posit-dev/positron/issues/11737

            [IBM watsonx]
            code  | token_quantity_exceeded                                       | agno-agi/agno libs/agno/tests/unit/models/test_context_window_patterns.py
            limit | number of input tokens … cannot exceed the total tokens limit | public test of another project

            [DashScope, Xunfei]
            limit | range of input length should be                               | https://github.com/QwenLM/qwen-code/issues/3652
            limit | message token length exceed model limit                       | Model Studio error codes

            [Zhipu, Z.ai]
            limit | prompt 超长                                                   | anomalyco/opencode packages/ai/test/provider-error.test.ts
            limit | prompt exceeds max length                                     | public test of another project
            limit | tokens in request more than max tokens allowed                | anomalyco/opencode packages/ai/test/provider-error.test.ts

            [Baidu Qianfan]
            limit | prompt tokens too long                                        | https://cloud.baidu.com/doc/qianfan-api/s/Om9b4yj3w
            limit | the max input characters is                                   | https://cloud.baidu.com/doc/qianfan-api/s/Om9b4yj3w

            [Moonshot, MiniMax]
            limit | exceeded model token limit                                    | vals-ai/model-library, retry test
            limit | input token length too long                                   | Moonshot API documentation
            limit | context window exceeds limit                                  | vals-ai/model-library, retry test

            [Volcengine, Huawei, ModelVerse, gateways in Chinese]
            limit | exceed max message tokens                                     | public test of another project
            limit | 超出了模型最大token限制                                         | public test of another project
            limit | request content exceeds the internal limit of the large model | public test of another project
            limit | 上下文过长                                                     | openclaw/openclaw src/agents/pi-embedded-helpers.isbillingerrormessage.test.ts
            limit | 上下文长度超                                                   | openclaw/openclaw src/agents/pi-embedded-helpers.isbillingerrormessage.test.ts

            [anyone: vague words, and what they must not be mistaken for]
            vague | too many tokens                                               | BerriAI/litellm, for AI21; Cohere API reference
            vague | context length exceeded                                       | public test of another project
            veto  | rate limit                                                    | https://github.com/vanderschaarlab/climb/issues/1
            veto  | rate_limit                                                    | https://github.com/vanderschaarlab/climb/issues/1
            doubt | too many requests                                             | the reason phrase of HTTP 429
            doubt | service unavailable                                           | the reason phrase of HTTP 503
            doubt | overloaded                                                    | openclaw/openclaw src/agents/pi-embedded-helpers.isbillingerrormessage.test.ts
            doubt | try again later                                               | Novita's documentation
            doubt | tokens per                                                    | Cerebras: public test of another project
            doubt | daily                                                         | constructed
            doubt | monthly                                                       | constructed
            doubt | this minute                                                   | archestra-ai/archestra context-overflow-patterns.test.ts
            doubt | this month                                                    | public test of another project
            doubt | quota                                                         | Azure API Management
            doubt | budget                                                        | LiteLLM
            doubt | credit                                                        | openclaw/openclaw src/agents/pi-embedded-helpers.isbillingerrormessage.test.ts
            doubt | billing                                                       | openclaw/openclaw src/agents/pi-embedded-helpers.isbillingerrormessage.test.ts
            doubt | enqueued                                                      | OpenAI's batch queue: public test of another project
            doubt | output token                                                  | constructed
            """);

    private ContextLimitTexts() {}
}
