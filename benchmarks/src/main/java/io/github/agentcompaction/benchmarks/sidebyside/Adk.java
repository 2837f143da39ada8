package io.github.agentcompaction.benchmarks.sidebyside;

import com.google.adk.agents.BaseAgent;
import com.google.adk.agents.LlmAgent;
import com.google.adk.agents.ParallelAgent;
import com.google.adk.apps.App;
import com.google.adk.events.Event;
import com.google.adk.models.BaseLlm;
import com.google.adk.models.BaseLlmConnection;
import com.google.adk.models.LlmRequest;
import com.google.adk.models.LlmResponse;
import com.google.adk.runner.Runner;
import com.google.adk.sessions.BaseSessionService;
import com.google.adk.sessions.InMemorySessionService;
import com.google.adk.sessions.Session;
import com.google.adk.summarizer.EventsCompactionConfig;
import com.google.adk.summarizer.LlmEventSummarizer;
import com.google.genai.types.Content;
import com.google.genai.types.Part;
import io.reactivex.rxjava3.core.Flowable;
import io.reactivex.rxjava3.core.Maybe;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Google's ADK for Java: a parallel agent with an agent for each task, or one runner that is called for each task. */
final class Adk implements Contestant {

    private static final String APP = "app";
    private static final String USER = "user";
    private static final String SESSION = "session";
    private static final int KEPT_EVENTS = 10;

    /** Four characters are a token to ADK; a quarter less than the history has. */
    private static final int TOKENS = Ledger.HISTORY * Ledger.LENGTH * 3 / 4 / 4;

    private final boolean parallelAgent;

    Adk(boolean parallelAgent) {
        this.parallelAgent = parallelAgent;
    }

    @Override
    public String name() {
        return "ADK Java 1.8.0, " + (parallelAgent ? "ParallelAgent" : "one Runner");
    }

    @Override
    public boolean isOurs() {
        return false;
    }

    @Override
    public Prepared prepare(Scenario scenario, Ledger ledger, Summarizer summarizer, Timing timing) {
        BaseSessionService sessions = new InMemorySessionService();
        Session session = sessions.createSession(APP, USER, Map.of(), SESSION).blockingGet();
        List<String> history = ledger.history();
        long before = System.currentTimeMillis() - TimeUnit.HOURS.toMillis(1);
        for (int i = 0; i < history.size(); i++) {
            sessions.appendEvent(session, event(i % 2 == 0 ? USER : "agent", history.get(i), before + i))
                    .blockingGet();
        }
        BaseLlm model = new Scripted(request -> {
            Pause.millis(timing.answer());
            return ledger.message();
        });
        App app = App.builder()
                .name(APP)
                .rootAgent(parallelAgent ? parallel(scenario, timing, model) : agent("agent", model, 0))
                .eventsCompactionConfig(EventsCompactionConfig.builder()
                        .summarizer(
                                new LlmEventSummarizer(new Scripted(request -> summarizer.summarize(text(request)))))
                        .tokenThreshold(TOKENS)
                        .eventRetentionSize(KEPT_EVENTS)
                        .build())
                .build();
        Runner runner = Runner.builder().app(app).sessionService(sessions).build();
        return new Prepared() {
            @Override
            public void run() throws InterruptedException {
                if (parallelAgent) { // waits for the agents by itself
                    Tasks.run(new Scenario(1, false, scenario.append()), timing, ledger, task -> ask(runner, ledger));
                } else {
                    Tasks.run(scenario, timing, ledger, task -> ask(runner, ledger));
                }
            }

            @Override
            public void append(String message) {
                Session read = load(sessions);
                sessions.appendEvent(read, event(USER, message, System.currentTimeMillis()))
                        .blockingGet();
            }

            @Override
            public Iterable<String> history() {
                return load(sessions).events().stream().flatMap(Adk::texts).toList();
            }
        };
    }

    private static BaseAgent parallel(Scenario scenario, Timing timing, BaseLlm model) {
        return ParallelAgent.builder()
                .name("tasks")
                .subAgents(IntStream.range(0, scenario.tasks())
                        .mapToObj(i -> agent("task" + i, model, scenario.delayOf(i, timing)))
                        .toList())
                .build();
    }

    private static LlmAgent agent(String name, BaseLlm model, long delay) {
        return LlmAgent.builder()
                .name(name)
                .model(model)
                // On the agent's own thread: a timer would take the agent to one of as few threads as there are
                // processors.
                .beforeAgentCallback(context -> Maybe.fromRunnable(() -> Pause.millis(delay)))
                .build();
    }

    private static void ask(Runner runner, Ledger ledger) {
        Content question = Content.fromParts(Part.fromText(ledger.message()));
        runner.runAsync(USER, SESSION, question).blockingSubscribe(event -> {}, failure -> ledger.failed(failure));
    }

    private static Session load(BaseSessionService sessions) {
        return sessions.getSession(APP, USER, SESSION, Optional.empty()).blockingGet();
    }

    private static Event event(String author, String text, long millis) {
        return Event.builder()
                .id(Event.generateEventId())
                .invocationId(Event.generateEventId())
                .author(author)
                .content(Content.builder()
                        .role(author.equals(USER) ? "user" : "model")
                        .parts(Part.fromText(text))
                        .build())
                .timestamp(millis)
                .build();
    }

    private static Stream<String> texts(Event event) {
        return Stream.concat(
                        event.content().stream(),
                        event.actions().compaction().stream().map(compaction -> compaction.compactedContent()))
                .map(Content::text);
    }

    private static String text(LlmRequest request) {
        return String.join("\n", request.contents().stream().map(Content::text).toList());
    }

    /** A model that says what the script says. */
    private static final class Scripted extends BaseLlm {

        private final Function<LlmRequest, String> script;

        Scripted(Function<LlmRequest, String> script) {
            super("scripted");
            this.script = script;
        }

        @Override
        public Flowable<LlmResponse> generateContent(LlmRequest request, boolean stream) {
            return Flowable.fromCallable(() -> LlmResponse.builder()
                    .content(Content.builder()
                            .role("model")
                            .parts(Part.fromText(script.apply(request)))
                            .build())
                    .build());
        }

        @Override
        public BaseLlmConnection connect(LlmRequest request) {
            throw new UnsupportedOperationException("scripted");
        }
    }
}
