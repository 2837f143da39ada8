package io.github.agentcompaction.springai;

import java.util.List;
import java.util.function.Consumer;
import org.springframework.ai.chat.client.ChatClientRequest;
import org.springframework.ai.chat.client.ChatClientResponse;
import org.springframework.ai.chat.client.advisor.api.Advisor;
import org.springframework.ai.chat.client.advisor.api.CallAdvisor;
import org.springframework.ai.chat.client.advisor.api.CallAdvisorChain;
import org.springframework.ai.chat.client.advisor.api.StreamAdvisor;
import org.springframework.ai.chat.client.advisor.api.StreamAdvisorChain;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.core.Ordered;
import reactor.core.publisher.Flux;

/**
 * Shows the prompt to a {@link PromptHistory} right before or right after a memory advisor, so that what it adds is known
 * exactly, wherever in the chain it stands. Inside the tool loop it runs once for each call of the model.
 */
final class HistoryMark implements CallAdvisor, StreamAdvisor {

    private final String name;
    private final int order;
    private final Consumer<Prompt> look;

    private HistoryMark(String name, int order, Consumer<Prompt> look) {
        this.name = name;
        this.order = order;
        this.look = look;
    }

    /**
     * The two marks of a memory advisor.
     *
     * @throws IllegalStateException if there is no room for both in front of {@link ModelCall}, behind which the memory
     *     advisor would store the user's message once for each try
     */
    static List<HistoryMark> around(Advisor memory, PromptHistory history) {
        int order = memory.getOrder();
        if (order >= ModelCall.ORDER - 1) {
            throw new IllegalStateException("The memory advisor '" + memory.getName() + "' has the order " + order
                    + ", but with a CompactionAdvisor it must be less than " + (ModelCall.ORDER - 1)
                    + ": set a lower order, such as the memory advisor's default.");
        }
        int before = order == Ordered.HIGHEST_PRECEDENCE ? order : order - 1; // added later, so first among equals
        return List.of(
                new HistoryMark("CompactionBeforeMemory", before, history::beforeMemory),
                new HistoryMark("CompactionAfterMemory", order + 1, history::afterMemory));
    }

    @Override
    public ChatClientResponse adviseCall(ChatClientRequest request, CallAdvisorChain chain) {
        look.accept(request.prompt());
        return chain.nextCall(request);
    }

    @Override
    public Flux<ChatClientResponse> adviseStream(ChatClientRequest request, StreamAdvisorChain chain) {
        look.accept(request.prompt());
        return chain.nextStream(request);
    }

    @Override
    public String getName() {
        return name;
    }

    @Override
    public int getOrder() {
        return order;
    }
}
