package io.github.agentcompaction.sample.agent;

import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.sample.progress.SummarizerWatch;
import io.github.agentcompaction.sample.progress.TaskEvents;
import io.github.agentcompaction.springai.ChatMemoryCompactor;
import io.github.agentcompaction.springai.CompactionAdvisor;
import io.github.agentcompaction.store.HistoryGuard;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * The two agents. Each has a chat memory of its own, and so a compactor and an advisor of its own; the starter makes the
 * {@link CompactionTemplate} between them from {@code application.yml} and the compactor of the same qualifier. Where all
 * agents share one chat memory the starter makes the compactor and the advisors, too.
 *
 * <p>With {@code compaction.store=jdbc} the store is the {@link HistoryGuard} of the conversations. Spring AI's repository takes
 * part in its transactions: both have the application's {@code DataSource}, and the starter checks that at the start.
 */
@Configuration(proxyBeanMethods = false)
class AgentConfiguration {

    /** How many subtasks run at once, over all requests. */
    private static final int SUBTASK_THREADS = 64;

    /** The share of the window above which a session is compacted in the background. */
    private static final double LONG = 0.8;

    private final ChatClient.Builder clients;
    private final SummarizerWatch watch;
    private final TaskEvents events;

    AgentConfiguration(ChatClient.Builder clients, SummarizerWatch watch, TaskEvents events) {
        this.clients = clients;
        this.watch = watch;
        this.events = events;
    }

    @Bean
    @Qualifier("planner")
    Conversations plannerConversations(ChatMemoryRepository repository, ObjectProvider<HistoryGuard> guard) {
        return new Conversations("planner", repository, guard.getIfAvailable());
    }

    @Bean
    @Qualifier("planner")
    ChatMemoryCompactor plannerCompactor(@Qualifier("planner") Conversations conversations) {
        return compactor("planner", true, conversations);
    }

    @Bean
    @Qualifier("planner")
    CompactionAdvisor plannerCompactionAdvisor(
            @Qualifier("planner") CompactionTemplate template, @Qualifier("planner") Conversations conversations) {
        return CompactionAdvisor.builder(template, conversations.memory()).build();
    }

    @Bean
    @Qualifier("planner")
    ComparedAgent planner(
            @Qualifier("planner") CompactionAdvisor compaction,
            @Qualifier("planner") Conversations conversations,
            ExecutorService subtaskThreads) {
        String instruction = "You are a planner. Answer with the next steps, shortest first.";
        return agent("planner", instruction, compaction, conversations, subtaskThreads);
    }

    @Bean
    @Qualifier("researcher")
    Conversations researcherConversations(ChatMemoryRepository repository, ObjectProvider<HistoryGuard> guard) {
        return new Conversations("researcher", repository, guard.getIfAvailable());
    }

    @Bean
    @Qualifier("researcher")
    ChatMemoryCompactor researcherCompactor(@Qualifier("researcher") Conversations conversations) {
        return compactor("researcher", true, conversations);
    }

    /** Knows the window, so that the researcher's sessions are compacted in the background; the planner's when they overflow. */
    @Bean
    @Qualifier("researcher")
    CompactionAdvisor researcherCompactionAdvisor(
            @Qualifier("researcher") CompactionTemplate template,
            @Qualifier("researcher") Conversations conversations,
            @Value("${sample.context-window}") int contextWindow) {
        return CompactionAdvisor.builder(template, conversations.memory())
                .background(contextWindow, LONG)
                .build();
    }

    @Bean
    @Qualifier("researcher")
    ComparedAgent researcher(
            @Qualifier("researcher") CompactionAdvisor compaction,
            @Qualifier("researcher") Conversations conversations,
            ExecutorService subtaskThreads) {
        String instruction = "You are a researcher. Answer with what is known, and say what is not.";
        return agent("researcher", instruction, compaction, conversations, subtaskThreads);
    }

    /** Outlives the web server, so that a request that is under way at shutdown can still start its subtasks. */
    @Bean(destroyMethod = "shutdown")
    ExecutorService subtaskThreads() {
        return Executors.newFixedThreadPool(SUBTASK_THREADS);
    }

    private ChatMemoryCompactor compactor(String agent, boolean coordinated, Conversations conversations) {
        ChatClient summarizer =
                clients.clone().defaultAdvisors(watch.of(agent, coordinated)).build();
        return ChatMemoryCompactor.builder(conversations.memory(), summarizer).build();
    }

    /** A client that sends the conversation with each question. */
    private ChatClient.Builder client(String instruction, Conversations conversations) {
        return clients.clone()
                .defaultSystem(instruction)
                .defaultAdvisors(MessageChatMemoryAdvisor.builder(conversations.readOnlyMemory())
                        .build());
    }

    private ComparedAgent agent(
            String name,
            String instruction,
            CompactionAdvisor compaction,
            Conversations conversations,
            ExecutorService threads) {
        ChatClient client =
                client(instruction, conversations).defaultAdvisors(compaction).build();
        Conversations copies = new Conversations(name, new RecentConversations(), null);
        ChatClient uncoordinated = client(instruction, copies).build();
        return new ComparedAgent(
                instruction,
                new Agent(name, true, new AdvisedCall(client), conversations, events, threads),
                new Agent(
                        name,
                        false,
                        new UncoordinatedCall(uncoordinated, compactor(name, false, copies)),
                        copies,
                        events,
                        threads));
    }
}
