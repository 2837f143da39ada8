package io.github.agentcompaction.benchmarks.sidebyside;

import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.springai.session.CoordinatedSessionService;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.session.CreateSessionRequest;
import org.springframework.ai.session.DefaultSessionService;
import org.springframework.ai.session.InMemorySessionRepository;
import org.springframework.ai.session.SessionRepository;
import org.springframework.ai.session.SessionService;
import org.springframework.ai.session.compaction.CompactionStrategy;
import org.springframework.ai.session.compaction.CompactionTrigger;
import org.springframework.ai.session.compaction.RecursiveSummarizationCompactionStrategy;
import org.springframework.ai.session.compaction.TurnCountTrigger;

/** spring-ai-session, alone or with this project's decorator: each task calls {@code compact}, as its advisor does. */
final class SpringAiSession implements Contestant {

    static final CompactionTrigger TRIGGER = new TurnCountTrigger(Ledger.HISTORY / 2 - 1);

    private static final String SESSION = "session";
    private static final int KEPT_EVENTS = 10;

    private final boolean decorated;

    SpringAiSession(boolean decorated) {
        this.decorated = decorated;
    }

    @Override
    public String name() {
        return name(decorated);
    }

    static String name(boolean decorated) {
        return decorated ? "spring-ai-session with this project" : "spring-ai-session 0.6.0 alone";
    }

    @Override
    public boolean isOurs() {
        return decorated;
    }

    @Override
    public Prepared prepare(Scenario scenario, Ledger ledger, Summarizer summarizer, Timing timing) {
        SessionRepository repository = InMemorySessionRepository.builder().build();
        SessionService plain =
                DefaultSessionService.builder().sessionRepository(repository).build();
        SessionService service = decorated
                ? new CoordinatedSessionService(
                        plain, repository, SessionCompactionState.builder().build())
                : plain;
        create(service, SESSION, ledger);
        CompactionStrategy strategy = strategy(summarizer);
        return new Prepared() {
            @Override
            public void run() throws InterruptedException {
                Tasks.run(scenario, timing, ledger, task -> service.compact(SESSION, TRIGGER, strategy));
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

    /** A session that is long enough for the trigger. */
    static void create(SessionService service, String session, Ledger ledger) {
        service.create(CreateSessionRequest.builder().id(session).userId("user").build());
        Replies.history(ledger).forEach(message -> service.appendMessage(session, message));
    }

    static CompactionStrategy strategy(Summarizer summarizer) {
        ChatModel model = prompt -> Replies.of(summarizer.summarize(prompt.getContents()));
        return RecursiveSummarizationCompactionStrategy.builder(ChatClient.create(model))
                .maxEventsToKeep(KEPT_EVENTS)
                .build();
    }
}
