package io.github.agentcompaction.benchmarks.sidebyside;

import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.springai.CompactionAdvisor;
import io.github.agentcompaction.springai.session.CoordinatedSessionService;
import io.github.agentcompaction.springai.session.SessionCompactor;
import io.github.agentcompaction.springai.session.SessionHistory;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.session.CreateSessionRequest;
import org.springframework.ai.session.DefaultSessionService;
import org.springframework.ai.session.InMemorySessionRepository;
import org.springframework.ai.session.SessionRepository;
import org.springframework.ai.session.SessionService;
import org.springframework.ai.session.advisor.SessionMemoryAdvisor;
import org.springframework.ai.session.compaction.CompactionStrategy;
import org.springframework.ai.session.compaction.RecursiveSummarizationCompactionStrategy;
import org.springframework.ai.session.compaction.TurnCountTrigger;

/** Calls of a {@code ChatClient} on spring-ai-session that the model first refuses, alone or with this project's advisor. */
final class CallsOverSession implements Contestant {

    private static final String SESSION = "session";

    /** More than there are: the model refuses before the trigger fires. */
    private static final int TURNS = 1_000;

    private final boolean withAdvisor;

    CallsOverSession(boolean withAdvisor) {
        this.withAdvisor = withAdvisor;
    }

    @Override
    public String name() {
        return withAdvisor
                ? "calls over spring-ai-session, this project's advisor"
                : "calls over spring-ai-session 0.6.0 alone";
    }

    @Override
    public boolean isOurs() {
        return withAdvisor;
    }

    @Override
    public Prepared prepare(Scenario scenario, Ledger ledger, Summarizer summarizer, Timing timing) {
        SessionRepository repository = InMemorySessionRepository.builder().build();
        SessionCompactionState state = SessionCompactionState.builder().build();
        SessionService plain =
                DefaultSessionService.builder().sessionRepository(repository).build();
        SessionService service = withAdvisor ? new CoordinatedSessionService(plain, repository, state) : plain;
        service.create(CreateSessionRequest.builder().id(SESSION).userId("user").build());
        Replies.history(ledger).forEach(message -> service.appendMessage(SESSION, message));
        ChatModel summaries = prompt -> Replies.of(summarizer.summarize(prompt.getContents()));
        CompactionStrategy strategy = RecursiveSummarizationCompactionStrategy.builder(ChatClient.create(summaries))
                .build();
        ChatClient.Builder client = ChatClient.builder(Replies.refusing(ledger, timing))
                .defaultAdvisors(SessionMemoryAdvisor.builder(service)
                        .compactionTrigger(new TurnCountTrigger(TURNS))
                        .compactionStrategy(strategy)
                        .build());
        if (withAdvisor) {
            CompactionTemplate template = CompactionTemplate.builder(state, new SessionCompactor(service, strategy))
                    .build();
            client.defaultAdvisors(CompactionAdvisor.builder(template, new SessionHistory(service))
                    .build());
        }
        return prepared(client.build(), service, scenario, ledger, timing);
    }

    private static Prepared prepared(
            ChatClient client, SessionService service, Scenario scenario, Ledger ledger, Timing timing) {
        return new Prepared() {
            @Override
            public void run() throws InterruptedException {
                Tasks.run(
                        scenario,
                        timing,
                        ledger,
                        task -> client.prompt(ledger.message())
                                .advisors(advisors ->
                                        advisors.param(SessionMemoryAdvisor.SESSION_ID_CONTEXT_KEY, SESSION))
                                .call()
                                .content());
            }

            @Override
            public void append(String message) {
                service.appendMessage(SESSION, new UserMessage(message));
            }

            @Override
            public Iterable<String> history() {
                return Replies.texts(service.getMessages(SESSION));
            }
        };
    }
}
