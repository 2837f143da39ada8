package io.github.agentcompaction.sample;

import io.github.agentcompaction.CompactionTemplate;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * The two agents. The starter makes a {@link CompactionTemplate} for each agent in {@code application.yml}, with the
 * compactor of the same qualifier.
 */
@Configuration(proxyBeanMethods = false)
class AgentConfiguration {

    /** How many subtasks run at once, over all requests. */
    private static final int SUBTASK_THREADS = 32;

    @Bean
    @Qualifier("planner")
    ConversationCompactor plannerCompactor(ConversationStore store, ChatClient model) {
        return new ConversationCompactor("planner", store, model);
    }

    @Bean
    @Qualifier("planner")
    Agent planner(
            @Qualifier("planner") CompactionTemplate template,
            ConversationStore store,
            ChatClient model,
            ExecutorService subtaskThreads) {
        String instruction = "You are a planner. Answer with the next steps, shortest first.";
        return new Agent(instruction, template, store, model, subtaskThreads);
    }

    @Bean
    @Qualifier("researcher")
    ConversationCompactor researcherCompactor(ConversationStore store, ChatClient model) {
        return new ConversationCompactor("researcher", store, model);
    }

    @Bean
    @Qualifier("researcher")
    Agent researcher(
            @Qualifier("researcher") CompactionTemplate template,
            ConversationStore store,
            ChatClient model,
            ExecutorService subtaskThreads) {
        String instruction = "You are a researcher. Answer with what is known, and say what is not.";
        return new Agent(instruction, template, store, model, subtaskThreads);
    }

    @Bean
    ChatClient model(ChatClient.Builder builder) {
        return builder.build();
    }

    /** Outlives the web server, so that a request that is under way at shutdown can still start its subtasks. */
    @Bean(destroyMethod = "shutdown")
    ExecutorService subtaskThreads() {
        return Executors.newFixedThreadPool(SUBTASK_THREADS);
    }
}
