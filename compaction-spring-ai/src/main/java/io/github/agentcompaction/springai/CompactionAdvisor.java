package io.github.agentcompaction.springai;

import io.github.agentcompaction.CompactionException;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.SessionCompactionState;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.client.ChatClientRequest;
import org.springframework.ai.chat.client.ChatClientResponse;
import org.springframework.ai.chat.client.advisor.api.Advisor;
import org.springframework.ai.chat.client.advisor.api.AdvisorChain;
import org.springframework.ai.chat.client.advisor.api.BaseAdvisorChain;
import org.springframework.ai.chat.client.advisor.api.CallAdvisor;
import org.springframework.ai.chat.client.advisor.api.CallAdvisorChain;
import org.springframework.ai.chat.client.advisor.api.MemoryAdvisor;
import org.springframework.ai.chat.client.advisor.api.StreamAdvisor;
import org.springframework.ai.chat.client.advisor.api.StreamAdvisorChain;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.tokenizer.JTokkitTokenCountEstimator;
import org.springframework.ai.tokenizer.TokenCountEstimator;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.core.Ordered;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Lets a {@code ChatClient} recover from context-limit errors: the session is compacted once, however many calls hit the
 * limit, and each call goes on with the compacted history.
 *
 * <p>The session's id is the {@link ChatMemory#CONVERSATION_ID} among the call's advisor parameters. A call without one
 * passes through, and so does one without a memory advisor: there is no history that could be replaced. What counts as
 * history is what the client's {@link MemoryAdvisor}s add to the prompt; the rest of the prompt is sent again as it was.
 * So the user's message is in the memory once, and a tool that has run is not run again.
 *
 * <p>A turn that is too long by itself goes on without its old {@linkplain Builder#clearToolResults tool results}.
 *
 * <p>A memory advisor right in front of the model, at {@link Ordered#LOWEST_PRECEDENCE} or up to two before it, is refused
 * with an {@link IllegalStateException}. A memory advisor inside an explicit {@code ToolCallingAdvisor} needs that
 * advisor's own history switched off, as the automatic one does: else the history may be in the prompt twice after a
 * compaction.
 *
 * <p>With a template that is {@linkplain CompactionTemplate.Builder#enabled(boolean) switched off} all calls pass through.
 *
 * <p>The summary comes after the answer. A root call has it in the context of its response under {@link #SUMMARY}, a
 * stream in an element of its own, without text, at the end; and it is published as a {@link SummaryDeliveredEvent}. A
 * call with the advisor parameter {@link #SUBTASK} leaves it for the root call.
 *
 * <p><b>Streams</b> are tried again only before their first element. Cancelling leaves the queue and stops the model's
 * stream. Work that may block runs on the scheduler, never on the threads that deliver the elements.
 *
 * <p><b>Thread safety.</b> An agent has one advisor for all its sessions and clients.
 *
 * <p><b>Errors</b> are those of {@link CompactionTemplate}; an error of the model that is no context-limit error arrives
 * untouched.
 */
public final class CompactionAdvisor implements CallAdvisor, StreamAdvisor {

    /*
     * This class is the outer part: it prepares the rest of the chain for one call, and delivers the summary. Around each
     * memory advisor it puts two HistoryMarks, by which a PromptHistory knows what in the prompt is history and how old it
     * is. In front of the model, inside memory and tool loop, it puts a ModelCall, which makes the tries.
     */

    /** The order if not set: outside the memory advisors, which have 100 more. */
    public static final int DEFAULT_ORDER = Ordered.HIGHEST_PRECEDENCE + 100;

    /** The advisor parameter that leaves the summary for the root call if it is {@link Boolean#TRUE}. */
    public static final String SUBTASK = "compaction.subtask";

    /** The key of the deferred summary, a string, in the context of a response. */
    public static final String SUMMARY = "compaction.summary";

    private static final System.Logger log = System.getLogger(CompactionAdvisor.class.getName());

    private final CompactionTemplate template;
    private final HistorySource history;
    private final int order;
    private final Scheduler scheduler;
    private final @Nullable ApplicationEventPublisher eventPublisher;
    private final @Nullable SessionSizes sizes;
    private final @Nullable BackgroundStart background;
    private final ClearedToolResults.Settings toolResults;
    private final @Nullable SentPrompts sentPrompts;

    private CompactionAdvisor(Builder builder) {
        this.template = builder.template;
        this.history = builder.history;
        this.order = builder.order;
        this.scheduler = builder.scheduler;
        this.eventPublisher = builder.eventPublisher;
        ContextWindow window = builder.window();
        this.sizes = window == null ? null : SessionSizes.of(template, window);
        this.background = window == null || !window.inBackground()
                ? null
                : new BackgroundStart(template, new CompactionPace(window), System::nanoTime);
        this.toolResults = new ClearedToolResults.Settings(builder.clearToolResults, builder.clearOldToolResults);
        this.sentPrompts = builder.sentPrompts;
    }

    /**
     * Starts an advisor for the agent of the given template.
     *
     * @param template the agent's template; its compactor shortens what {@code chatMemory} holds
     * @param chatMemory the memory that the clients' memory advisor reads
     * @return a builder with the defaults
     */
    public static Builder builder(CompactionTemplate template, ChatMemory chatMemory) {
        Objects.requireNonNull(chatMemory, "chatMemory must not be null");
        return builder(template, chatMemory::get);
    }

    /**
     * Starts an advisor for the agent of the given template.
     *
     * @param template the agent's template; its compactor shortens what {@code history} reads
     * @param history reads what the clients' memory advisor reads, such as a
     *     {@link io.github.agentcompaction.springai.session.SessionHistory}
     * @return a builder with the defaults
     */
    public static Builder builder(CompactionTemplate template, HistorySource history) {
        return new Builder(template, history);
    }

    @Override
    public ChatClientResponse adviseCall(ChatClientRequest request, CallAdvisorChain chain) {
        String sessionId = sessionId(request);
        if (sessionId == null) {
            return chain.nextCall(request);
        }
        CallAdvisorChain rest = chain.copy(this);
        PromptHistory promptHistory = promptHistory(sessionId);
        AnswerWatch watch = watch(sessionId, promptHistory);
        ChatClientResponse response = prepared(rest, rest.getCallAdvisors(), sessionId, promptHistory, watch)
                .nextCall(request);
        if (watch != null) {
            watch.returns(response);
            watch.completed();
        }
        if (isSubtask(request)) {
            return response;
        }
        Optional<String> summary = template.state().popSummary(sessionId);
        summary.ifPresent(text -> publishDelivered(sessionId, text));
        return summary.map(text -> response.mutate().context(SUMMARY, text).build())
                .orElse(response);
    }

    @Override
    public Flux<ChatClientResponse> adviseStream(ChatClientRequest request, StreamAdvisorChain chain) {
        String sessionId = sessionId(request);
        if (sessionId == null) {
            return chain.nextStream(request);
        }
        StreamAdvisorChain rest = chain.copy(this);
        PromptHistory promptHistory = promptHistory(sessionId);
        AnswerWatch watch = watch(sessionId, promptHistory);
        Flux<ChatClientResponse> answer = prepared(rest, rest.getStreamAdvisors(), sessionId, promptHistory, watch)
                .nextStream(request)
                .onErrorMap(IllegalStateException.class, CompactionAdvisor::unwrapped);
        Flux<ChatClientResponse> watched = watch == null ? answer : watch.watched(answer);
        return isSubtask(request) ? watched : watched.concatWith(summaryElement(sessionId));
    }

    /** {@return the session's id, or null if the call is to pass through} */
    private @Nullable String sessionId(ChatClientRequest request) {
        Object id = template.isEnabled() ? request.context().get(ChatMemory.CONVERSATION_ID) : null;
        return id == null || id.toString().isBlank() ? null : id.toString();
    }

    private static boolean isSubtask(ChatClientRequest request) {
        return Boolean.TRUE.equals(request.context().get(SUBTASK));
    }

    private PromptHistory promptHistory(String sessionId) {
        return new PromptHistory(template.state().getLock(sessionId), history, sessionId);
    }

    private @Nullable AnswerWatch watch(String sessionId, PromptHistory promptHistory) {
        return sizes == null ? null : new AnswerWatch(sizes, background, toolResults, sessionId, promptHistory);
    }

    /** The rest of the chain, with the marks and the inner part of this advisor in it. */
    private BaseAdvisorChain prepared(
            AdvisorChain rest,
            List<? extends Advisor> advisors,
            String sessionId,
            PromptHistory promptHistory,
            @Nullable AnswerWatch watch) {
        ClearedToolResults results =
                new ClearedToolResults(toolResults, template.state().getLock(sessionId), watch);
        BaseAdvisorChain.Builder<?> prepared = rest instanceof BaseAdvisorChain chain
                ? chain.mutate()
                : BaseAdvisorChain.builder(rest.getObservationRegistry()).pushAll(advisors);
        for (Advisor advisor : advisors) {
            if (advisor instanceof MemoryAdvisor) {
                prepared = prepared.pushAll(HistoryMark.around(advisor, promptHistory));
            }
        }
        prepared = prepared.push(new ModelCall(template, sessionId, promptHistory, results, watch, scheduler));
        return (sentPrompts == null ? prepared : prepared.push(new SentPromptMark(sentPrompts, sessionId))).build();
    }

    private void publishDelivered(String sessionId, String summary) {
        if (eventPublisher == null) {
            return;
        }
        SessionCompactionState state = template.state();
        try {
            eventPublisher.publishEvent(new SummaryDeliveredEvent(state.agent(), sessionId, summary));
        } catch (RuntimeException e) {
            log.log(
                    Level.WARNING,
                    "A listener for the summary of " + state.getLock(sessionId) + " threw "
                            + e.getClass().getName() // whose message may quote the summary
                            + "; the answer is not affected.");
        }
    }

    /**
     * An element after the last one, because which one that is shows only when the model's stream has ended. The summary is
     * taken when the subscriber asks for this element: one that cancels before that leaves it for the next call. A stream
     * without a summary ends without being asked.
     */
    private Flux<ChatClientResponse> summaryElement(String sessionId) {
        Flux<ChatClientResponse> onDemand = Flux.generate(sink -> {
            template.state().popSummary(sessionId).ifPresent(summary -> {
                sink.next(ChatClientResponse.builder()
                        .chatResponse(new ChatResponse(List.of(new Generation(new AssistantMessage("")))))
                        .context(SUMMARY, summary)
                        .build());
                publishDelivered(sessionId, summary);
            });
            sink.complete();
        });
        return Flux.defer(() -> template.state().getSummary(sessionId).isPresent() ? onDemand : Flux.empty())
                .subscribeOn(scheduler);
    }

    /** Spring AI's base class of advisors wraps each error of a stream. */
    private static Throwable unwrapped(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof IllegalStateException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause instanceof CompactionException ? cause : failure;
    }

    @Override
    public String getName() {
        return "CompactionAdvisor";
    }

    @Override
    public int getOrder() {
        return order;
    }

    @Override
    public String toString() {
        return "CompactionAdvisor[order=" + order + ", template=" + template + "]";
    }

    /** Builds a {@link CompactionAdvisor}. Not thread-safe. */
    public static final class Builder {

        private final CompactionTemplate template;
        private final HistorySource history;
        private int order = DEFAULT_ORDER;
        private Scheduler scheduler = Schedulers.boundedElastic();
        private @Nullable ApplicationEventPublisher eventPublisher;
        private @Nullable TokenCountEstimator tokenCountEstimator;
        private @Nullable SentPrompts sentPrompts;
        private int contextWindow; // 0 if not set
        private boolean inBackground;
        private double share;
        private boolean clearToolResults = true;
        private boolean clearOldToolResults;

        private Builder(CompactionTemplate template, HistorySource history) {
            this.template = Objects.requireNonNull(template, "template must not be null");
            this.history = Objects.requireNonNull(history, "history must not be null");
        }

        /**
         * Sets the order among the client's advisors. It must come before the memory advisors.
         *
         * @param order the order; lower comes first
         * @return this
         */
        public Builder order(int order) {
            this.order = order;
            return this;
        }

        /**
         * Sets where delivered summaries are published; nowhere if not set.
         *
         * @param eventPublisher gets a {@link SummaryDeliveredEvent}; what its listeners throw is logged
         * @return this
         */
        public Builder eventPublisher(ApplicationEventPublisher eventPublisher) {
            this.eventPublisher = Objects.requireNonNull(eventPublisher, "eventPublisher must not be null");
            return this;
        }

        /**
         * Sets where streams do work that may block, such as reading the memory; {@link Schedulers#boundedElastic()} if not
         * set. The compactor runs on the template's executor.
         *
         * @param scheduler a scheduler whose threads may block
         * @return this
         */
        public Builder scheduler(Scheduler scheduler) {
            this.scheduler = Objects.requireNonNull(scheduler, "scheduler must not be null");
            return this;
        }

        /**
         * Compacts before the model is called when the prompt's text is longer than a share of the context window. Off if
         * not set. It is tried once for each call of the model; when it fails, or nothing is left to compact, the model is
         * called all the same, unless the thread has been interrupted.
         *
         * @param contextWindow the model's context window in tokens, at least 1
         * @param share the share of it that a prompt may fill, more than 0 and at most 1
         * @return this
         */
        public Builder proactive(int contextWindow, double share) {
            this.contextWindow = requireWindow(contextWindow);
            this.share = ChatMemoryCompactor.requireShare(share);
            this.inBackground = false;
            return this;
        }

        /**
         * Compacts a session in the background when an answer has left it longer than a share of the context window, or
         * earlier where it grows so fast that it would outgrow the window before its summary is ready; in the place of
         * {@link #proactive}. The answer is returned at once, and calls go on with the old history meanwhile. A call waits only
         * if its own prompt is longer than the window: then it joins the compaction that runs, or compacts. The size of a
         * session is what the provider reports for the last prompt and answer, and an estimate where it reports nothing. Off if
         * not set.
         *
         * <p>{@link CompactionTemplate#background()} ends these compactions when the service shuts down.
         *
         * @param contextWindow the model's context window in tokens, at least 1
         * @param share the share of it that a session may fill, more than 0 and at most 1
         * @return this
         */
        public Builder background(int contextWindow, double share) {
            this.contextWindow = requireWindow(contextWindow);
            this.share = ChatMemoryCompactor.requireShare(share);
            this.inBackground = true;
            return this;
        }

        private static int requireWindow(int contextWindow) {
            if (contextWindow < 1) {
                throw new IllegalArgumentException("contextWindow must be at least 1, but was " + contextWindow);
            }
            return contextWindow;
        }

        /**
         * Sets how {@link #background} and {@link #proactive} count tokens; {@link JTokkitTokenCountEstimator} if not set.
         *
         * @param tokenCountEstimator estimates the tokens of a text; thread-safe
         * @return this
         */
        public Builder tokenCountEstimator(TokenCountEstimator tokenCountEstimator) {
            this.tokenCountEstimator =
                    Objects.requireNonNull(tokenCountEstimator, "tokenCountEstimator must not be null");
            return this;
        }

        /**
         * Sets whether a turn that is too long by itself, after its history has been summarized, goes on without its old tool
         * results; on if not set. A note stands in their place in the prompt, such as {@code [result of search removed,
         * 12,345 characters]}: the largest go first, the newest two stay, and nothing stored changes.
         *
         * @param clearToolResults whether the results of the running turn may be left out
         * @return this
         */
        public Builder clearToolResults(boolean clearToolResults) {
            this.clearToolResults = clearToolResults;
            return this;
        }

        /**
         * Sets whether tool results of old turns, where the memory stores them, are left out in the same way before a summary
         * is paid for; off if not set. Meant for use with {@link #proactive}: without a context window each call that is too
         * long has to be refused first.
         *
         * @param clearOldToolResults whether the results of old turns may be left out
         * @return this
         */
        public Builder clearOldToolResults(boolean clearOldToolResults) {
            this.clearOldToolResults = clearOldToolResults;
            return this;
        }

        /**
         * Sets what remembers each session's latest prompt, for {@link ChatMemoryCompactor.Builder#continueFrom}; nothing does
         * if not set.
         *
         * @param sentPrompts is told of each prompt
         * @return this
         */
        public Builder sentPrompts(SentPrompts sentPrompts) {
            this.sentPrompts = Objects.requireNonNull(sentPrompts, "sentPrompts must not be null");
            return this;
        }

        private @Nullable ContextWindow window() {
            return contextWindow == 0
                    ? null
                    : new ContextWindow(
                            contextWindow,
                            share,
                            inBackground,
                            tokenCountEstimator != null ? tokenCountEstimator : new JTokkitTokenCountEstimator());
        }

        /** {@return a new advisor} */
        public CompactionAdvisor build() {
            return new CompactionAdvisor(this);
        }
    }
}
