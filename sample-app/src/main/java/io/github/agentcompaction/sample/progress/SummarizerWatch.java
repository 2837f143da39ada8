package io.github.agentcompaction.sample.progress;

import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStates;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.ai.chat.client.ChatClientRequest;
import org.springframework.ai.chat.client.ChatClientResponse;
import org.springframework.ai.chat.client.advisor.api.CallAdvisor;
import org.springframework.ai.chat.client.advisor.api.CallAdvisorChain;
import org.springframework.core.Ordered;
import org.springframework.stereotype.Component;

/**
 * An advisor that counts the calls of the model that summarizes, in the meter {@code sample.summarizer.calls} with the tags
 * {@code agent} and {@code coordinated}, and shows them in the task's {@link Lane}.
 */
@Component
public final class SummarizerWatch implements CallAdvisor {

    private final MeterRegistry meters;

    SummarizerWatch(MeterRegistry meters, CompactionStates agents) {
        this.meters = meters;
        for (String agent : agents.names()) { // the page reads them before the first call
            calls(agent, true);
            calls(agent, false);
        }
    }

    @Override
    public ChatClientResponse adviseCall(ChatClientRequest request, CallAdvisorChain chain) {
        Lane.current().ifPresent(lane -> {
            lane.enter(TaskState.COMPACTING);
            lane.run().summarizerCalled();
            calls(lane.run().agent(), lane.run().coordinated()).increment();
        });
        return chain.nextCall(request);
    }

    private Counter calls(String agent, boolean coordinated) {
        return meters.counter("sample.summarizer.calls", "agent", agent, "coordinated", Boolean.toString(coordinated));
    }

    @Override
    public String getName() {
        return "summarizer-watch";
    }

    @Override
    public int getOrder() {
        return Ordered.HIGHEST_PRECEDENCE;
    }
}
