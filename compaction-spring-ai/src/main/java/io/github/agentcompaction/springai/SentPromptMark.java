package io.github.agentcompaction.springai;

import org.springframework.ai.chat.client.ChatClientRequest;
import org.springframework.ai.chat.client.ChatClientResponse;
import org.springframework.ai.chat.client.advisor.api.CallAdvisor;
import org.springframework.ai.chat.client.advisor.api.CallAdvisorChain;
import org.springframework.ai.chat.client.advisor.api.StreamAdvisor;
import org.springframework.ai.chat.client.advisor.api.StreamAdvisorChain;
import reactor.core.publisher.Flux;

/** Shows each prompt to {@link SentPrompts}, right in front of {@link ModelCall} and with all that other advisors added. */
record SentPromptMark(SentPrompts prompts, String sessionId) implements CallAdvisor, StreamAdvisor {

    @Override
    public ChatClientResponse adviseCall(ChatClientRequest request, CallAdvisorChain chain) {
        prompts.sent(sessionId, request.prompt());
        return chain.nextCall(request);
    }

    @Override
    public Flux<ChatClientResponse> adviseStream(ChatClientRequest request, StreamAdvisorChain chain) {
        prompts.sent(sessionId, request.prompt());
        return chain.nextStream(request);
    }

    @Override
    public String getName() {
        return "CompactionSentPrompt";
    }

    /** That of {@link ModelCall}, so it must be added later: the last added is the first among equals. */
    @Override
    public int getOrder() {
        return ModelCall.ORDER;
    }
}
