package io.github.agentcompaction.springai;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.client.AdvisorParams;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.ChatClientRequest;
import org.springframework.ai.chat.client.ChatClientResponse;
import org.springframework.ai.chat.client.advisor.api.CallAdvisor;
import org.springframework.ai.chat.client.advisor.api.CallAdvisorChain;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.core.Ordered;

/**
 * Asks for a summary by going on with the conversation: its own messages with system messages and tools as they were sent
 * before, and then the instruction. All up to the instruction has been sent before.
 */
record Continuation(ChatClient summarizer, SentPrompt sent, String instruction) {

    /**
     * Asks for a summary.
     *
     * @param earlier the summary that stands at the head of the conversation
     */
    @Nullable
    ChatResponse ask(Optional<String> earlier, List<Message> told) {
        List<Message> conversation = new ArrayList<>();
        earlier.map(Summaries::messages).ifPresent(conversation::addAll);
        conversation.addAll(told);
        conversation.add(new UserMessage(instruction));
        return summarizer
                .prompt()
                .messages(sent.before(conversation))
                .advisors(AdvisorParams.toolCallingAdvisorAutoRegister(false)) // what the model calls is not run
                .advisors(new Options(sent))
                .call()
                .chatResponse();
    }

    /** {@return the class alone: the instruction is no secret, but nobody needs it in a log} */
    @Override
    public String toString() {
        return "Continuation";
    }

    /**
     * Here, and not in the request's options, because only here the summarizer's own are known. It comes first, so that a tool
     * loop of the summarizer's own knows the tools, too, and looks for none by their names.
     */
    private record Options(SentPrompt sent) implements CallAdvisor {

        @Override
        public ChatClientResponse adviseCall(ChatClientRequest request, CallAdvisorChain chain) {
            ChatOptions own = request.prompt().getOptions();
            if (own == null) {
                return chain.nextCall(request);
            }
            Prompt prompt = new Prompt(request.prompt().getInstructions(), sent.applyTo(own));
            return chain.nextCall(request.mutate().prompt(prompt).build());
        }

        @Override
        public String getName() {
            return "CompactionSummaryOptions";
        }

        @Override
        public int getOrder() {
            return Ordered.HIGHEST_PRECEDENCE;
        }
    }
}
