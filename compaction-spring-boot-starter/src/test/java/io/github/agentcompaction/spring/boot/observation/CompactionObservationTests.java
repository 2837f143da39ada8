package io.github.agentcompaction.spring.boot.observation;

import static io.github.agentcompaction.spring.boot.observation.RecordedObservations.ancestors;
import static io.github.agentcompaction.spring.boot.observation.RecordedObservations.keys;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.agentcompaction.CompactionFailedException;
import io.github.agentcompaction.CompactionOutcome;
import io.github.agentcompaction.CompactionReport;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.CompactionTrigger;
import io.github.agentcompaction.CompactionUsage;
import io.github.agentcompaction.Compactor;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionAutoConfiguration;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStateCustomizer;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionTemplateCustomizer;
import io.github.agentcompaction.spring.boot.springai.ChatMemoryCompactorAutoConfiguration;
import io.github.agentcompaction.spring.boot.springai.CompactionAdvisorAutoConfiguration;
import io.github.agentcompaction.spring.boot.springai.CompactionChatMemoryAutoConfiguration;
import io.github.agentcompaction.springai.CompactionAdvisor;
import io.micrometer.common.KeyValues;
import io.micrometer.common.docs.KeyName;
import io.micrometer.context.ContextSnapshotFactory;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.metadata.ChatResponseMetadata;
import org.springframework.ai.chat.metadata.DefaultUsage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.chat.client.autoconfigure.ChatClientAutoConfiguration;
import org.springframework.ai.model.chat.memory.autoconfigure.ChatMemoryAutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import reactor.core.publisher.Flux;

/** What traces show of a compaction, and what of the caller's context the summarizer has, with a real chat client. */
class CompactionObservationTests {

    private static final String CHAT_CLIENT = "spring.ai.chat.client";

    private final RecordedObservations recorded = new RecordedObservations();
    private final WatchedModel model = new WatchedModel();
    private final ExecutorService oneThread = Executors.newSingleThreadExecutor();

    private final ApplicationContextRunner agents = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    CompactionAutoConfiguration.class,
                    CompactionObservationAutoConfiguration.class,
                    CarriedContextAutoConfiguration.class))
            .withPropertyValues("compaction.agents.planner=");

    private final ApplicationContextRunner observed =
            agents.withBean(ObservationRegistry.class, () -> recorded.registry);

    private final ApplicationContextRunner chat = observed.withConfiguration(AutoConfigurations.of(
                    CompactionChatMemoryAutoConfiguration.class,
                    ChatMemoryCompactorAutoConfiguration.class,
                    CompactionAdvisorAutoConfiguration.class,
                    ChatMemoryAutoConfiguration.class,
                    ChatClientAutoConfiguration.class))
            .withBean(ChatModel.class, () -> model)
            .withBean(CompactionTemplateCustomizer.class, () -> (agent, builder) -> builder.executor(oneThread))
            .withPropertyValues("compaction.spring-ai.keep-all-messages=true");

    @AfterEach
    void end() {
        oneThread.shutdownNow();
        MDC.clear();
    }

    @Test
    void call_compactionIsInTheCall_andTheSummaryInTheCompaction() {
        chat.run(context -> {
            asCaller(() -> ask(context).call().content());

            Observation.Context compaction = assertThatItIsInTheCallersObservation();
            assertThat(keys(compaction.getLowCardinalityKeyValues()))
                    .isEqualTo(Map.of("agent", "planner", "trigger", "overflow", "outcome", "compacted"));
            assertThat(keys(compaction.getHighCardinalityKeyValues()))
                    .containsOnlyKeys("session", "tokens.before", "tokens.after", "tokens.prompt", "tokens.completion")
                    .containsEntry("session", "c")
                    .containsEntry("tokens.prompt", "70")
                    .containsEntry("tokens.completion", "7");
            assertThat(compaction.getContextualName()).isEqualTo("compaction planner");
            assertThat(model.seenUser).isEqualTo("ada");
        });
    }

    /** The caller's thread has nothing: in a stream, Reactor's context has it. */
    @Test
    void stream_compactionIsInTheObservationOfTheStream() {
        chat.run(context -> {
            Observation caller = Observation.start("caller", recorded.registry);
            List<String> answer = ask(context).stream()
                    .content()
                    .contextWrite(reactor -> reactor.put(ObservationThreadLocalAccessor.KEY, caller))
                    .collectList()
                    .block(Duration.ofSeconds(30));
            caller.stop();

            assertThat(answer).containsExactly("answer");
            assertThatItIsInTheCallersObservation();
            assertThatTheThreadHasNothing();
        });
    }

    @Test
    void streamAheadOfTheLimit_compactionIsInTheObservationOfTheStream() {
        chat.withPropertyValues("compaction.agents.planner.context-window=10", "compaction.background=false")
                .run(context -> assertThatTheStreamsCompactionIsInItsObservation(context, "threshold"));
    }

    @Test
    void streamThatLeavesTheSessionLong_compactionIsInTheObservationOfTheStream() {
        chat.withPropertyValues("compaction.agents.planner.context-window=90") // of which the model reports 77
                .run(context -> assertThatTheStreamsCompactionIsInItsObservation(context, "background"));
    }

    private void assertThatTheStreamsCompactionIsInItsObservation(ApplicationContext context, String trigger)
            throws Exception {
        Observation caller = Observation.start("caller", recorded.registry);
        ask(context).stream()
                .content()
                .contextWrite(reactor -> reactor.put(ObservationThreadLocalAccessor.KEY, caller))
                .blockLast(Duration.ofSeconds(30));
        context.getBean(CompactionTemplate.class).background().stop().get(30, TimeUnit.SECONDS);
        caller.stop();

        assertThat(recorded.named("compaction"))
                .filteredOn(compaction -> trigger.equals(
                        keys(compaction.getLowCardinalityKeyValues()).get("trigger")))
                .singleElement()
                .satisfies(compaction -> assertThat(ancestors(compaction)).endsWith("caller"));
        assertThatTheThreadHasNothing();
    }

    @Test
    void background_compactionIsInTheCallersObservation() {
        chat.run(this::assertThatTheContextComesAlong);
    }

    @Test
    void background_withoutContextPropagation_observationAndLoggingContextStillComeAlong() {
        chat.withClassLoader(new FilteredClassLoader(ContextSnapshotFactory.class))
                .run(context -> {
                    assertThat(context).hasBean("currentObservationCarrier");
                    assertThatTheContextComesAlong(context);
                });
    }

    private void assertThatTheContextComesAlong(ApplicationContext context) throws Exception {
        CompactionTemplate template = context.getBean(CompactionTemplate.class);
        fill(context);
        Thread caller = Thread.currentThread();

        CompletableFuture<CompactionOutcome> running = asCaller(() -> {
            CompletableFuture<CompactionOutcome> begun = template.compactInBackground(
                    "c", template.state().getLock("c").epoch(), Duration.ZERO);
            begun.join(); // a validating handler would complain of a scope in an observation that has stopped
            return begun;
        });

        assertThat(running).isCompletedWithValue(CompactionOutcome.COMPACTED);
        Observation.Context compaction = assertThatItIsInTheCallersObservation();
        assertThat(ancestors(compaction)).containsExactly("caller");
        assertThat(keys(compaction.getLowCardinalityKeyValues())).containsEntry("trigger", "background");
        assertThat(model.seenUser).isEqualTo("ada");
        assertThat(model.seenThread).isNotSameAs(caller);
        assertThatTheThreadHasNothing();
    }

    @Test
    void async_compactionIsInTheCallersObservation() {
        chat.run(context -> {
            CompactionTemplate template = context.getBean(CompactionTemplate.class);
            fill(context);
            int[] tries = {0};

            asCaller(() -> template.executeAsync("c", () -> {
                        if (tries[0]++ == 0) {
                            return CompletableFuture.failedFuture(tooLong());
                        }
                        return CompletableFuture.completedFuture("answer");
                    })
                    .join());

            assertThat(ancestors(assertThatItIsInTheCallersObservation())).containsExactly("caller");
            assertThat(model.seenUser).isEqualTo("ada");
            assertThatTheThreadHasNothing();
        });
    }

    @Test
    void callerWithoutContext_carriesNothing() {
        chat.run(context -> {
            CompactionTemplate template = context.getBean(CompactionTemplate.class);
            fill(context);
            oneThread.submit(() -> MDC.put("user", "the thread's own")).get(10, TimeUnit.SECONDS);

            template.compactInBackground("c", template.state().getLock("c").epoch(), Duration.ZERO)
                    .get(30, TimeUnit.SECONDS);

            assertThat(ancestors(recorded.named("compaction").get(0))).isEmpty();
            assertThat(model.seenUser).isNull();
            assertThat(oneThread.submit(() -> MDC.get("user")).get(10, TimeUnit.SECONDS))
                    .isEqualTo("the thread's own");
        });
    }

    @Test
    void failure_isAnOutcome_andNoError() {
        observed.withBean(Compactor.class, () -> session -> {
                    throw new IllegalStateException("secret text");
                })
                .run(context -> {
                    assertThatThrownBy(() ->
                                    context.getBean(CompactionTemplate.class).compact("c"))
                            .isInstanceOf(CompactionFailedException.class);

                    Observation.Context compaction =
                            recorded.named("compaction").get(0);
                    assertThat(keys(compaction.getLowCardinalityKeyValues()))
                            .containsEntry("outcome", "failed")
                            .containsEntry("trigger", "manual");
                    assertThat(keys(compaction.getHighCardinalityKeyValues())).isEqualTo(Map.of("session", "c"));
                    assertThat(compaction.getError()).isNull();
                    assertThat(compaction.toString()).doesNotContain("secret");
                    assertThatTheThreadHasNothing();
                });
    }

    @Test
    void nestedCompaction_isInTheOuterOne() {
        observed.withBean(NestingCompactor.class).run(context -> {
            CompactionTemplate template = context.getBean(CompactionTemplate.class);
            context.getBean(NestingCompactor.class).inner = () -> template.compact("inner");

            template.compact("outer");

            List<Observation.Context> compactions = recorded.named("compaction");
            assertThat(compactions)
                    .extracting(compaction ->
                            keys(compaction.getHighCardinalityKeyValues()).get("session"))
                    .containsExactly("inner", "outer");
            assertThat(ancestors(compactions.get(0))).containsExactly("compaction");
            assertThat(ancestors(compactions.get(1))).isEmpty();
            assertThatTheThreadHasNothing();
        });
    }

    @Test
    void attemptThatJoins_isNotObserved() {
        ObservingListener listener = new ObservingListener(recorded.registry, null);
        CompactionReport joined = new CompactionReport(
                CompactionTrigger.OVERFLOW, CompactionOutcome.JOINED, Duration.ZERO, 0, CompactionUsage.UNKNOWN);

        listener.compactionEnded("planner", "c", joined);

        assertThat(recorded.named("compaction")).isEmpty();
    }

    @Test
    void runningCompaction_hasTheSameLowCardinalityKeys() {
        CompactionObservationContext context =
                new CompactionObservationContext("planner", "c", CompactionTrigger.MANUAL);

        KeyValues keys = new DefaultCompactionObservationConvention().getLowCardinalityKeyValues(context);

        assertThat(keys(keys)).isEqualTo(Map.of("agent", "planner", "trigger", "manual", "outcome", "none"));
    }

    @Test
    void documentation_namesAllKeys() {
        DefaultCompactionObservationConvention convention = new DefaultCompactionObservationConvention();
        CompactionObservationContext context =
                new CompactionObservationContext("planner", "c", CompactionTrigger.MANUAL);
        context.ended(new CompactionReport(
                CompactionTrigger.MANUAL,
                CompactionOutcome.COMPACTED,
                Duration.ZERO,
                0,
                new CompactionUsage(known(4), known(3), known(2), known(1))));
        CompactionObservationDocumentation documented = CompactionObservationDocumentation.COMPACTION;

        assertThat(keys(convention.getLowCardinalityKeyValues(context)).keySet())
                .containsExactlyInAnyOrderElementsOf(names(documented.getLowCardinalityKeyNames()));
        assertThat(keys(convention.getHighCardinalityKeyValues(context)).keySet())
                .containsExactlyInAnyOrderElementsOf(names(documented.getHighCardinalityKeyNames()));
        assertThat(documented.getDefaultConvention()).isEqualTo(convention.getClass());
    }

    @Test
    void conventionBean_replacesTheDefault() {
        observed.withBean(Compactor.class, () -> session -> Optional.of("summary"))
                .withBean(CompactionObservationConvention.class, OwnNames::new)
                .run(context -> {
                    context.getBean(CompactionTemplate.class).compact("c");

                    assertThat(recorded.named("own")).hasSize(1);
                    assertThat(recorded.named("compaction")).isEmpty();
                });
    }

    @Test
    void handlerThatThrows_spoilsNothing() {
        recorded.registry.observationConfig().observationHandler(new ThrowingHandler());
        observed.withBean(Compactor.class, () -> session -> Optional.of("summary"))
                .run(context -> {
                    CompactionTemplate template = context.getBean(CompactionTemplate.class);

                    assertThat(template.compact("c")).isEqualTo(CompactionOutcome.COMPACTED);
                    assertThat(template.compact("c")).isEqualTo(CompactionOutcome.COMPACTED);
                    assertThatTheThreadHasNothing();
                });
    }

    @Test
    void noRegistry_nothingIsObserved() {
        agents.run(context ->
                assertThat(context).hasBean("plannerCompactionState").doesNotHaveBean(CompactionStateCustomizer.class));
    }

    @Test
    void noObservationClasses_nothingIsObserved() {
        observed.withClassLoader(new FilteredClassLoader("io.micrometer.observation", "io.micrometer.context"))
                .run(context -> assertThat(context)
                        .hasBean("loggingContextCarrier")
                        .doesNotHaveBean("propagatedContextCarrier")
                        .doesNotHaveBean("currentObservationCarrier")
                        .doesNotHaveBean("compactionObservationStateCustomizer"));
    }

    @Test
    void taskDecoratorOfTheApplication_hasTheLastWord() {
        boolean[] asked = {false};
        observed.withBean(Compactor.class, () -> session -> Optional.of("summary"))
                .withBean(
                        CompactionTemplateCustomizer.class,
                        () -> (agent, builder) -> builder.taskDecorator(work -> {
                            asked[0] = true;
                            return work;
                        }))
                .run(context -> {
                    context.getBean(CompactionTemplate.class)
                            .compactInBackground("c", 0, Duration.ZERO)
                            .get(30, TimeUnit.SECONDS);

                    assertThat(asked[0]).isTrue();
                });
    }

    private Observation.Context assertThatItIsInTheCallersObservation() {
        assertThat(recorded.named("compaction")).hasSize(1);
        Observation.Context compaction = recorded.named("compaction").get(0);
        assertThat(ancestors(compaction)).endsWith("caller");
        assertThat(recorded.named(CHAT_CLIENT))
                .filteredOn(call -> ancestors(call).contains("compaction"))
                .singleElement()
                .satisfies(summary -> assertThat(ancestors(summary)).startsWith("compaction"));
        return compaction;
    }

    private void assertThatTheThreadHasNothing() throws Exception {
        assertThat(recorded.registry.getCurrentObservation()).isNull();
        assertThat(oneThread
                        .submit(() -> recorded.registry.getCurrentObservation() == null
                                && (MDC.getCopyOfContextMap() == null
                                        || MDC.getCopyOfContextMap().isEmpty()))
                        .get(10, TimeUnit.SECONDS))
                .as("nothing is left on the thread that compacted")
                .isTrue();
    }

    /** Does something with an observation and a logging context. */
    private <T> T asCaller(Supplier<T> work) {
        MDC.put("user", "ada");
        try {
            return Objects.requireNonNull(
                    Observation.createNotStarted("caller", recorded.registry).observe(work));
        } finally {
            MDC.remove("user");
        }
    }

    private static ChatClient.ChatClientRequestSpec ask(ApplicationContext context) {
        ChatMemory memory = fill(context);
        return context.getBean(ChatClient.Builder.class)
                .defaultAdvisors(
                        context.getBean(CompactionAdvisor.class),
                        MessageChatMemoryAdvisor.builder(memory).build())
                .build()
                .prompt("And now?")
                .advisors(advisors -> advisors.param(ChatMemory.CONVERSATION_ID, "c"));
    }

    private static ChatMemory fill(ApplicationContext context) {
        ChatMemory memory = context.getBean(ChatMemory.class);
        for (int i = 0; i < 6; i++) {
            memory.add("c", List.of(new UserMessage("u" + i), new AssistantMessage("a" + i)));
        }
        return memory;
    }

    private static RuntimeException tooLong() {
        return new IllegalStateException("HTTP 400 - This model's maximum context length is 10 tokens.");
    }

    private static OptionalLong known(long tokens) {
        return OptionalLong.of(tokens);
    }

    private static List<String> names(KeyName[] keys) {
        return Arrays.stream(keys).map(KeyName::asString).toList();
    }

    /** Takes twelve messages, and notes what there is on the thread that asks for a summary. */
    private static final class WatchedModel implements ChatModel {

        volatile @Nullable String seenUser;
        volatile @Nullable Thread seenThread;

        @Override
        public ChatResponse call(Prompt prompt) {
            if (prompt.getContents().contains("<conversation>")) {
                seenUser = MDC.get("user");
                seenThread = Thread.currentThread();
                return response("summary");
            }
            if (prompt.getInstructions().size() > 12) {
                throw tooLong();
            }
            return response("answer");
        }

        @Override
        public Flux<ChatResponse> stream(Prompt prompt) {
            return Flux.defer(() -> Flux.just(call(prompt)));
        }

        private static ChatResponse response(String text) {
            return new ChatResponse(
                    List.of(new Generation(new AssistantMessage(text))),
                    ChatResponseMetadata.builder()
                            .usage(new DefaultUsage(70, 7))
                            .build());
        }
    }

    private static final class NestingCompactor implements Compactor {

        Runnable inner = () -> {};

        @Override
        public Optional<String> compact(String session) {
            if (session.equals("outer")) {
                inner.run();
            }
            return Optional.of("summary");
        }
    }

    private static final class OwnNames extends DefaultCompactionObservationConvention {

        @Override
        public String getName() {
            return "own";
        }
    }

    private static final class ThrowingHandler implements ObservationHandler<Observation.Context> {

        @Override
        public void onStart(Observation.Context context) {
            throw new IllegalStateException("as a handler should not");
        }

        @Override
        public boolean supportsContext(Observation.Context context) {
            return true;
        }
    }
}
