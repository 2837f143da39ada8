package io.github.agentcompaction.sample.progress;

import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStates;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.ai.chat.client.ChatClientRequest;
import org.springframework.ai.chat.client.ChatClientResponse;
import org.springframework.ai.chat.client.advisor.api.Advisor;
import org.springframework.ai.chat.client.advisor.api.CallAdvisor;
import org.springframework.ai.chat.client.advisor.api.CallAdvisorChain;
import org.springframework.core.Ordered;
import org.springframework.stereotype.Component;

/**
 * Counts the calls of the models that summarize, in the meter {@code sample.summarizer.calls} with the tags {@code agent} and
 * {@code coordinated}, and shows them in the {@link Lane} of the task that makes one; in the background no task does.
 */
@Component
public final class SummarizerWatch {

    private final MeterRegistry meters;

    SummarizerWatch(MeterRegistry meters, CompactionStates agents) {
        this.meters = meters;
        for (String agent : agents.names()) { // the page reads them before the first call
            of(agent, true);
            of(agent, false);
        }
    }

    /** {@return an advisor for the client of an agent's summarizer} */
    public Advisor of(String agent, boolean coordinated) {
        return new Watch(meters.counter(
                "sample.summarizer.calls", "agent", agent, "coordinated", Boolean.toString(coordinated)));
    }

    private record Watch(Counter calls) implements CallAdvisor {

        @Override
        public ChatClientResponse adviseCall(ChatClientRequest request, CallAdvisorChain chain) {
            calls.increment();
            Lane.current().ifPresent(lane -> {
                lane.enter(TaskState.COMPACTING);
                lane.run().summarizerCalled();
            });
            return chain.nextCall(request);
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
}
