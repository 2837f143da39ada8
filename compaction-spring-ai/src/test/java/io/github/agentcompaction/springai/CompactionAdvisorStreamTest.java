package io.github.agentcompaction.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.agentcompaction.CompactionFailedException;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.ContextLimitExceededException;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.SessionLock;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.ChatClientRequest;
import org.springframework.ai.chat.client.ChatClientResponse;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.client.advisor.api.Advisor;
import org.springframework.ai.chat.client.advisor.api.AdvisorChain;
import org.springframework.ai.chat.client.advisor.api.BaseAdvisor;
import org.springframework.ai.chat.client.advisor.api.BaseAdvisorChain;
import org.springframework.ai.chat.client.advisor.api.MemoryAdvisor;
import org.springframework.ai.chat.client.advisor.api.StreamAdvisor;
import org.springframework.ai.chat.client.advisor.api.StreamAdvisorChain;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.retry.NonTransientAiException;
import org.springframework.ai.tool.function.FunctionToolCallback;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.core.Ordered;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.subscriber.TestSubscriber;

@Timeout(60)
class CompactionAdvisorStreamTest {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final SmallWindowModel model = new SmallWindowModel();
    private final CompactedMemory memory = new CompactedMemory();
    private final SessionCompactionState state =
            SessionCompactionState.builder().agent("planner").build();
    private final CompactionTemplate template =
            CompactionTemplate.builder(state, memory).build();

    private CompactionAdvisor.Builder advisor() {
        return CompactionAdvisor.builder(template, memory);
    }

    private ChatClient client(CompactionAdvisor advisor, Advisor... more) {
        return ChatClient.builder(model)
                .defaultAdvisors(
                        advisor, MessageChatMemoryAdvisor.builder(memory).build())
                .defaultAdvisors(more)
                .build();
    }

    private ChatClient client(Advisor... more) {
        return client(advisor().build(), more);
    }

    private static ChatClient.ChatClientRequestSpec ask(ChatClient client, String question) {
        return client.prompt().user(question).advisors(spec -> spec.param(ChatMemory.CONVERSATION_ID, "s"));
    }

    private void overflowing() {
        memory.fill("s", 10);
    }

    // What a stream delivers and leaves behind

    @Test
    void stream_contextLimitBeforeTheFirstElement_compactsOnceAndAnswers() {
        overflowing();

        StepVerifier.create(ask(client(), "new?").stream().content())
                .expectNext("answer", " to", " new?")
                .expectComplete()
                .verify(LIMIT);

        assertThat(memory.compactions).hasValue(1);
        assertThat(model.prompts).hasSize(2);
        assertThat(model.lastPrompt()).containsExactly("[summary]", "summary 1", "new?");
        assertThat(memory.texts("s")).containsExactly("[summary]", "summary 1", "new?", "answer to new?");
    }

    @Test
    void stream_errorAfterTheFirstElement_isNotRetried() {
        model.streams =
                answer -> SmallWindowModel.words(answer.getText()).concatWith(Flux.error(SmallWindowModel.tooLong()));
        memory.fill("s", 1);

        StepVerifier.create(ask(client(), "new?").stream().content())
                .expectNext("answer", " to", " new?")
                .expectError(NonTransientAiException.class)
                .verify(LIMIT);

        assertThat(memory.compactions).hasValue(0);
        assertThat(model.prompts).hasSize(1);
    }

    @Test
    void stream_emptyAnswer_completes() {
        model.streams = answer -> Flux.empty();
        memory.fill("s", 1);
        ChatClient client = ChatClient.builder(model) // MessageChatMemoryAdvisor does not survive an empty stream
                .defaultAdvisors(advisor().build(), new ReadingAdvisor(memory))
                .build();

        StepVerifier.create(ask(client, "new?").stream().content())
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void stream_noConversationId_passesThrough() {
        ChatClient client =
                ChatClient.builder(model).defaultAdvisors(advisor().build()).build();

        StepVerifier.create(client.prompt().user("new?").stream().content())
                .expectNext("answer", " to", " new?")
                .expectComplete()
                .verify(LIMIT);
        StepVerifier.create(client.prompt().user("x".repeat(300)).stream().content())
                .expectError(NonTransientAiException.class)
                .verify(LIMIT);
        assertThat(memory.compactions).hasValue(0);
    }

    @Test
    void stream_noMemoryAdvisor_passesThrough() {
        overflowing();
        ChatClient client =
                ChatClient.builder(model).defaultAdvisors(advisor().build()).build();

        StepVerifier.create(ask(client, "x".repeat(300)).stream().content())
                .expectError(NonTransientAiException.class)
                .verify(LIMIT);
        assertThat(memory.compactions).hasValue(0);
    }

    @Test
    void stream_secondToolRoundOverflows_runsTheToolOnce() {
        memory.fill("s", 5);
        AtomicInteger runs = new AtomicInteger();
        model.answers = prompt -> prompt.getInstructions().stream().anyMatch(ToolResponseMessage.class::isInstance)
                ? new AssistantMessage("done")
                : AssistantMessage.builder()
                        .content("")
                        .toolCalls(List.of(new AssistantMessage.ToolCall("1", "function", "lookUp", "{}")))
                        .build();

        StepVerifier.create(ask(client(), "new?")
                        .tools(FunctionToolCallback.builder("lookUp", () -> {
                                    runs.incrementAndGet();
                                    return "r".repeat(90);
                                })
                                .description("looks up")
                                .build())
                        .stream()
                        .content())
                .expectNext("done")
                .expectComplete()
                .verify(LIMIT);

        assertThat(runs).hasValue(1);
        assertThat(memory.compactions).hasValue(1);
        assertThat(model.lastPrompt())
                .containsExactly("[summary]", "summary 1", "new?", "call lookUp", "result \"" + "r".repeat(90) + "\"");
    }

    // Errors

    @Test
    void stream_nothingLeftToCompact_isToldSo() {
        StepVerifier.create(ask(client(), "x".repeat(300)).stream().content())
                .expectErrorSatisfies(failure -> assertThat(failure)
                        .isInstanceOf(ContextLimitExceededException.class)
                        .hasCauseInstanceOf(NonTransientAiException.class))
                .verify(LIMIT);
    }

    @Test
    void stream_compactorFails_isToldSo() {
        overflowing();
        memory.summarizing = () -> {
            throw new IllegalStateException("down");
        };

        StepVerifier.create(ask(client(), "new?").stream().content())
                .expectError(CompactionFailedException.class)
                .verify(LIMIT);
    }

    /** Spring AI's base class of advisors wraps the errors of streams. */
    @Test
    void stream_errorBehindAnAdvisorThatWraps_isOurs() {
        StepVerifier.create(ask(client(new PassingAdvisor()), "x".repeat(300)).stream()
                        .content())
                .expectError(ContextLimitExceededException.class)
                .verify(LIMIT);
    }

    @Test
    void stream_anotherErrorBehindAnAdvisorThatWraps_isUntouched() {
        model.streams = answer -> Flux.error(new NonTransientAiException("HTTP 401 - no key"));

        StepVerifier.create(ask(client(new PassingAdvisor()), "new?").stream().content())
                .expectErrorSatisfies(failure -> assertThat(failure)
                        .isExactlyInstanceOf(IllegalStateException.class)
                        .hasCauseInstanceOf(NonTransientAiException.class))
                .verify(LIMIT);
    }

    private static final class PassingAdvisor implements BaseAdvisor {
        @Override
        public ChatClientRequest before(ChatClientRequest request, AdvisorChain chain) {
            return request;
        }

        @Override
        public ChatClientResponse after(ChatClientResponse response, AdvisorChain chain) {
            return response;
        }

        @Override
        public int getOrder() {
            return 0;
        }
    }

    // Cancelling

    @Test
    void cancel_whileQueued_leavesTheQueue() throws InterruptedException {
        overflowing();
        try (SessionLock.Lease lease = state.getLock("s").acquire()) {
            Disposable stream = ask(client(), "new?").stream().content().subscribe();
            await().atMost(LIMIT).until(() -> state.waitingCount() == 1);

            stream.dispose();

            await().atMost(LIMIT).until(() -> state.waitingCount() == 0);
        }
        assertThat(memory.compactions).hasValue(0);
        assertThat(model.prompts).hasSize(1);
    }

    @Test
    void cancel_whileStreaming_stopsTheModel() {
        overflowing();
        AtomicBoolean stopped = new AtomicBoolean();
        model.streams = answer -> SmallWindowModel.words(answer.getText())
                .concatWith(Flux.never())
                .doOnCancel(() -> stopped.set(true));

        StepVerifier.create(ask(client(), "new?").stream().content())
                .expectNext("answer")
                .thenCancel()
                .verify(LIMIT);

        await().atMost(LIMIT).untilTrue(stopped);
    }

    @Test
    void cancel_beforeTheFirstElement_stopsTheModel() {
        memory.fill("s", 1);
        CountDownLatch asked = new CountDownLatch(1);
        AtomicBoolean stopped = new AtomicBoolean();
        model.streams = answer -> Flux.<ChatResponse>never()
                .doOnSubscribe(subscription -> asked.countDown())
                .doOnCancel(() -> stopped.set(true));

        Disposable stream = ask(client(), "new?").stream().content().subscribe();
        await().atMost(LIMIT).until(() -> asked.getCount() == 0);
        stream.dispose();

        await().atMost(LIMIT).untilTrue(stopped);
    }

    // Reactive manners

    @Test
    void stream_subscriberThatAsksForOne_getsOne() {
        overflowing();
        AtomicLong requested = new AtomicLong();
        model.streams = answer -> SmallWindowModel.words("w ".repeat(1000)).doOnRequest(requested::addAndGet);

        StepVerifier.create(ask(client(), "new?").stream().content(), 0)
                .thenRequest(1)
                .expectNextCount(1)
                .expectNoEvent(Duration.ofMillis(50))
                .thenRequest(2)
                .expectNextCount(2)
                .thenCancel()
                .verify(LIMIT);

        assertThat(requested.get()).isBetween(1L, 999L); // what Spring AI fetches ahead
    }

    @Test
    void stream_contextOfTheSubscriber_reachesTheModel() {
        overflowing();
        List<Object> seen = new CopyOnWriteArrayList<>();
        model.streams = answer -> Flux.deferContextual(context -> {
            seen.add(context.get("tenant"));
            seen.add(context.hasKey(ObservationThreadLocalAccessor.KEY));
            return SmallWindowModel.words(answer.getText());
        });
        ChatClient client = ChatClient.builder(model, ObservationRegistry.create(), null, null)
                .defaultAdvisors(
                        advisor().build(),
                        MessageChatMemoryAdvisor.builder(memory).build())
                .build();

        StepVerifier.create(
                        ask(client, "new?").stream().content().contextWrite(context -> context.put("tenant", "blue")))
                .expectNextCount(3)
                .expectComplete()
                .verify(LIMIT);

        assertThat(seen).containsExactly("blue", true);
    }

    /** Runs all that is inside of it, and delivers, on threads that must not block. */
    private static final class EventLoop implements StreamAdvisor {
        @Override
        public Flux<ChatClientResponse> adviseStream(ChatClientRequest request, StreamAdvisorChain chain) {
            return chain.nextStream(request).subscribeOn(Schedulers.parallel()).publishOn(Schedulers.parallel());
        }

        @Override
        public String getName() {
            return "event loop";
        }

        @Override
        public int getOrder() {
            return Ordered.HIGHEST_PRECEDENCE + 250; // between the memory advisor and the tool loop
        }
    }

    @Test
    void stream_onAnEventLoop_neverBlocksIt() {
        overflowing();
        List<Boolean> listening = new CopyOnWriteArrayList<>();
        CompactionAdvisor advisor = advisor()
                .eventPublisher(event -> listening.add(Schedulers.isInNonBlockingThread()))
                .build();
        // MessageChatMemoryAdvisor stores the answer on whatever thread delivers it, so it is not used here.
        ChatClient client = ChatClient.builder(model)
                .defaultAdvisors(advisor, new ReadingAdvisor(memory), new EventLoop())
                .build();

        StepVerifier.create(ask(client, "new?").stream().content().subscribeOn(Schedulers.parallel()))
                .expectNextCount(3)
                .expectComplete()
                .verify(LIMIT);

        assertThat(memory.compactions).hasValue(1);
        assertThat(memory.usedOnEventLoop).isFalse();
        assertThat(listening).containsExactly(false);
    }

    /** Between memory and model: has the session compacted, and goes on on a thread that must not block. */
    private final class Compacting implements StreamAdvisor {
        @Override
        public Flux<ChatClientResponse> adviseStream(ChatClientRequest request, StreamAdvisorChain chain) {
            return Mono.fromFuture(
                            () -> template.compactAsync("s", state.getLock("s").epoch()))
                    .publishOn(Schedulers.parallel())
                    .flatMapMany(outcome -> chain.nextStream(request));
        }

        @Override
        public String getName() {
            return "compacting";
        }

        @Override
        public int getOrder() {
            return 0;
        }
    }

    @Test
    void stream_lateArrivalOnAnEventLoop_readsTheMemoryElsewhere() {
        readsTheMemoryElsewhere(advisor());
    }

    @Test
    void stream_lateArrivalOnAnEventLoopThatLooksAhead_readsTheMemoryElsewhere() {
        readsTheMemoryElsewhere(advisor().proactive(10_000, 1));
    }

    private void readsTheMemoryElsewhere(CompactionAdvisor.Builder advisor) {
        memory.fill("s", 5);
        ChatClient client = ChatClient.builder(model)
                .defaultAdvisors(advisor.build(), new ReadingAdvisor(memory), new Compacting())
                .build();

        StepVerifier.create(ask(client, "new?").stream().content())
                .expectNextCount(3)
                .expectComplete()
                .verify(LIMIT);

        assertThat(model.prompts).hasSize(1);
        assertThat(model.lastPrompt()).containsExactly("[summary]", "summary 1", "new?");
        assertThat(memory.usedOnEventLoop).isFalse();
    }

    /** A memory advisor that does not block: reads on a thread of its own and does not store the answer. */
    private record ReadingAdvisor(ChatMemory memory) implements StreamAdvisor, MemoryAdvisor {
        @Override
        public Flux<ChatClientResponse> adviseStream(ChatClientRequest request, StreamAdvisorChain chain) {
            MessageChatMemoryAdvisor reading =
                    MessageChatMemoryAdvisor.builder(memory).build();
            return Mono.fromCallable(() -> reading.before(request, chain))
                    .subscribeOn(Schedulers.boundedElastic())
                    .flatMapMany(chain::nextStream);
        }

        @Override
        public String getName() {
            return "reading";
        }

        @Override
        public int getOrder() {
            return DEFAULT_CHAT_MEMORY_PRECEDENCE_ORDER;
        }
    }

    /** Neither tasks that hit the limit nor those that look ahead may wait on a thread: one must be enough for all. */
    @Test
    void streams_thatWaitForACompaction_holdNoThread() {
        waitWithOneThread(advisor());
    }

    @Test
    void streams_thatWaitForACompactionAhead_holdNoThread() {
        model.window = 10_000;
        waitWithOneThread(advisor().proactive(50, 0.5));
    }

    private void waitWithOneThread(CompactionAdvisor.Builder advisor) {
        memory.fill("s", 100);
        memory.kept = 8;
        memory.summarizing = () -> await().atMost(LIMIT).until(() -> state.waitingCount() == 7);
        Scheduler one = Schedulers.newSingle("one");
        ChatClient client = client(advisor.scheduler(one).build());
        List<Flux<String>> streams = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            streams.add(ask(client, "part " + i).stream().content());
        }

        StepVerifier.create(Flux.merge(streams))
                .expectNextCount(8 * 4)
                .expectComplete()
                .verify(LIMIT);

        assertThat(memory.compactions).hasValue(1);
        one.dispose();
    }

    // The summary

    @Test
    void stream_root_hasTheSummaryInTheLastElement() {
        overflowing();

        List<ChatClientResponse> elements = ask(client(), "new?").stream()
                .chatClientResponse()
                .collectList()
                .blockOptional(LIMIT)
                .orElseThrow();

        assertThat(elements).hasSize(4).last().satisfies(last -> {
            assertThat(last.context())
                    .containsEntry(CompactionAdvisor.SUMMARY, "summary 1")
                    .containsEntry(ChatMemory.CONVERSATION_ID, "s");
            assertThat(SmallWindowModel.text(last.chatResponse())).isEmpty();
        });
        assertThat(elements.subList(0, 3))
                .allSatisfy(element -> assertThat(element.context()).doesNotContainKey(CompactionAdvisor.SUMMARY));
        assertThat(state.getSummary("s")).isEmpty();
    }

    @Test
    void stream_subtask_leavesTheSummaryForTheRoot() {
        overflowing();

        List<ChatClientResponse> elements =
                ask(client(), "part?").advisors(spec -> spec.param(CompactionAdvisor.SUBTASK, true)).stream()
                        .chatClientResponse()
                        .collectList()
                        .block(LIMIT);

        assertThat(elements).hasSize(3);
        assertThat(state.getSummary("s")).contains("summary 1");
    }

    @Test
    void stream_failsOrIsCancelled_leavesTheSummary() {
        state.storeSummary("s", "waiting");
        model.streams = answer -> SmallWindowModel.words(answer.getText())
                .concatWith(Flux.error(new NonTransientAiException("HTTP 500 - down")));

        StepVerifier.create(ask(client(), "new?").stream().content())
                .expectNextCount(3)
                .expectError(NonTransientAiException.class)
                .verify(LIMIT);
        assertThat(state.getSummary("s")).contains("waiting");

        StepVerifier.create(ask(client(), "new?").stream().content())
                .expectNextCount(1)
                .thenCancel()
                .verify(LIMIT);
        assertThat(state.getSummary("s")).contains("waiting");
    }

    @Test
    void stream_cancelledBeforeTheSummaryIsAskedFor_leavesTheSummary() {
        state.storeSummary("s", "waiting");
        List<Object> events = new CopyOnWriteArrayList<>();
        TestSubscriber<ChatClientResponse> threeElements =
                TestSubscriber.builder().initialRequest(3).build();

        onOneThread(events::add).subscribe(threeElements);
        assertThat(threeElements.getReceivedOnNext()).hasSize(3);
        threeElements.cancel();

        assertThat(state.getSummary("s")).contains("waiting");
        assertThat(events).isEmpty();
    }

    @Test
    void stream_summaryAskedFor_isHandedOnAndThenPublished() {
        state.storeSummary("s", "waiting");
        List<Integer> receivedBefore = new CopyOnWriteArrayList<>();
        TestSubscriber<ChatClientResponse> subscriber =
                TestSubscriber.builder().initialRequest(3).build();

        onOneThread(event -> receivedBefore.add(subscriber.getReceivedOnNext().size()))
                .subscribe(subscriber);
        subscriber.request(1);

        assertThat(receivedBefore).containsExactly(4);
        assertThat(subscriber.isTerminatedComplete()).isTrue();
        assertThat(state.getSummary("s")).isEmpty();
    }

    @Test
    void stream_withoutSummary_endsWithoutBeingAsked() {
        TestSubscriber<ChatClientResponse> threeElements =
                TestSubscriber.builder().initialRequest(3).build();

        onOneThread(event -> {}).subscribe(threeElements);

        assertThat(threeElements.isTerminatedComplete()).isTrue();
    }

    /** A stream of three elements without a {@code ChatClient}: all on the thread that asks for them. */
    private Flux<ChatClientResponse> onOneThread(ApplicationEventPublisher events) {
        StreamAdvisor words = new StreamAdvisor() {
            @Override
            public Flux<ChatClientResponse> adviseStream(ChatClientRequest request, StreamAdvisorChain chain) {
                return SmallWindowModel.words("answer to new?")
                        .map(word -> new ChatClientResponse(word, request.context()));
            }

            @Override
            public String getName() {
                return "words";
            }

            @Override
            public int getOrder() {
                return Ordered.LOWEST_PRECEDENCE;
            }
        };
        CompactionAdvisor advisor = advisor()
                .scheduler(Schedulers.immediate())
                .eventPublisher(events)
                .build();
        return BaseAdvisorChain.builder(ObservationRegistry.NOOP)
                .pushAll(List.of(advisor, words))
                .build()
                .nextStream(new ChatClientRequest(new Prompt("new?"), Map.of(ChatMemory.CONVERSATION_ID, "s")));
    }

    @Test
    void stream_root_publishesTheSummary() {
        overflowing();
        List<Object> events = new CopyOnWriteArrayList<>();

        ask(client(advisor().eventPublisher(events::add).build()), "new?").stream()
                .content()
                .blockLast(LIMIT);

        assertThat(events).containsExactly(new SummaryDeliveredEvent("planner", "s", "summary 1"));
    }
}
