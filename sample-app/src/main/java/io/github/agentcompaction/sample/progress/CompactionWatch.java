package io.github.agentcompaction.sample.progress;

import io.github.agentcompaction.CompactionListener;
import io.github.agentcompaction.CompactionOutcome;
import io.github.agentcompaction.CompactionReport;
import io.github.agentcompaction.ContextLimitErrors;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionTemplateCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Shows in a task's {@link Lane} when it waits for the lock and when it asks again. A blocking task does both on its own
 * thread, so the thread's lane is the task's.
 */
@Configuration(proxyBeanMethods = false)
class CompactionWatch {

    /** The template asks for the lock if this says yes. */
    @Bean
    CompactionTemplateCustomizer limitIsShown() {
        return (agent, template) -> template.contextLimit(error -> {
            boolean limit = ContextLimitErrors.isContextLimit(error);
            if (limit) {
                Lane.current().ifPresent(lane -> lane.enter(TaskState.WAITING));
            }
            return limit;
        });
    }

    /** The template calls the task again after these two outcomes. */
    @Bean
    CompactionListener retryIsShown() {
        return new CompactionListener() {
            @Override
            public void compactionEnded(String agent, String sessionId, CompactionReport report) {
                CompactionOutcome outcome = report.outcome();
                if (outcome == CompactionOutcome.COMPACTED || outcome == CompactionOutcome.JOINED) {
                    Lane.current().ifPresent(lane -> lane.retry(outcome));
                }
            }
        };
    }
}
