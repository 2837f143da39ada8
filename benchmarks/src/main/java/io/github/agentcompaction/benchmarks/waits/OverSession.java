package io.github.agentcompaction.benchmarks.waits;

import java.util.function.Consumer;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.session.CreateSessionRequest;
import org.springframework.ai.session.DefaultSessionService;
import org.springframework.ai.session.InMemorySessionRepository;
import org.springframework.ai.session.SessionService;
import org.springframework.ai.session.advisor.SessionMemoryAdvisor;
import org.springframework.ai.session.compaction.RecursiveSummarizationCompactionStrategy;
import org.springframework.ai.session.compaction.TurnCountTrigger;

/** spring-ai-session alone: its advisor compacts after an answer, before it is returned, when there are so many turns. */
record OverSession(int turns) implements Contestant {

    @Override
    public String title() {
        return "spring-ai-session 0.6.0, its advisor";
    }

    @Override
    public Consumer<String> session(WindowModel model, int window, WindowModel summarizer) {
        SessionService service = DefaultSessionService.builder()
                .sessionRepository(InMemorySessionRepository.builder().build())
                .build();
        service.create(
                CreateSessionRequest.builder().id("session").userId("user").build());
        ChatClient client = ChatClient.builder(model)
                .defaultAdvisors(SessionMemoryAdvisor.builder(service)
                        .compactionTrigger(
                                new TurnCountTrigger(window == Integer.MAX_VALUE ? Integer.MAX_VALUE : turns))
                        .compactionStrategy(
                                RecursiveSummarizationCompactionStrategy.builder(ChatClient.create(summarizer))
                                        .build())
                        .build())
                .build();
        return question -> client.prompt(question)
                .advisors(call -> call.param(SessionMemoryAdvisor.SESSION_ID_CONTEXT_KEY, "session"))
                .call()
                .content();
    }
}
