package io.github.agentcompaction.springai;

import io.github.agentcompaction.CompactionException;
import io.github.agentcompaction.CompactionFailedException;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.ContextLimitExceededException;
import io.github.agentcompaction.springai.ClearedToolResults.Reach;
import java.lang.System.Logger.Level;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.client.ChatClientRequest;
import org.springframework.ai.chat.client.ChatClientResponse;
import org.springframework.ai.chat.client.advisor.api.CallAdvisor;
import org.springframework.ai.chat.client.advisor.api.CallAdvisorChain;
import org.springframework.ai.chat.client.advisor.api.StreamAdvisor;
import org.springframework.ai.chat.client.advisor.api.StreamAdvisorChain;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.core.Ordered;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Runs each call of the model as a task of the template; the inner part of {@link CompactionAdvisor}, in front of the model
 * and inside the memory advisors and the tool loop.
 *
 * <p>Each try puts the current history into the prompt, so a retry has the compacted one, and so has a call whose history
 * was read before another task compacted the session. Where nothing can be summarized any more, or so little that it would
 * not help, it goes without old tool results.
 */
final class ModelCall implements CallAdvisor, StreamAdvisor {

    /** Right in front of the model's own advisor. */
    static final int ORDER = Ordered.LOWEST_PRECEDENCE - 1;

    private static final System.Logger log = System.getLogger(CompactionAdvisor.class.getName());

    private final CompactionTemplate template;
    private final String sessionId;
    private final PromptHistory history;
    private final ClearedToolResults results;
    private final @Nullable AnswerWatch watch;
    private final Scheduler scheduler;

    ModelCall(
            CompactionTemplate template,
            String sessionId,
            PromptHistory history,
            ClearedToolResults results,
            @Nullable AnswerWatch watch,
            Scheduler scheduler) {
        this.template = template;
        this.sessionId = sessionId;
        this.history = history;
        this.results = results;
        this.watch = watch;
        this.scheduler = scheduler;
    }

    @Override
    public ChatClientResponse adviseCall(ChatClientRequest request, CallAdvisorChain chain) {
        if (!history.isKnown()) {
            return chain.nextCall(request);
        }
        compactAhead(request);
        AtomicReference<Prompt> sent = new AtomicReference<>(request.prompt());
        AtomicInteger tries = new AtomicInteger();
        try {
            return template.executeSubtask(
                    sessionId,
                    () -> {
                        noteRefusal(tries, sent);
                        return call(request, chain, sent, Reach.OLD_TURNS);
                    },
                    history::sinceRead);
        } catch (ContextLimitExceededException e) {
            return callWithFewerResults(request, chain, sent, e);
        }
    }

    /** Calls the model with fewer and fewer tool results, as long as it refuses and there are any that may go. */
    private ChatClientResponse call(
            ChatClientRequest request, CallAdvisorChain chain, AtomicReference<Prompt> sent, Reach reach) {
        for (; ; ) {
            try {
                ChatClientResponse response = chain.copy(this).nextCall(current(request, sent));
                answers(response);
                return response;
            } catch (RuntimeException e) {
                if (!mayClear(sent, reach) || !template.isContextLimit(e) || !clearMore(sent, reach)) {
                    throw e;
                }
            }
        }
    }

    /** When nothing can be summarized any more. */
    private ChatClientResponse callWithFewerResults(
            ChatClientRequest request,
            CallAdvisorChain chain,
            AtomicReference<Prompt> sent,
            ContextLimitExceededException limit) {
        if (!clearMore(sent, Reach.ALL_TURNS)) {
            throw LongestMessage.named(limit, sent);
        }
        try {
            return call(request, chain, sent, Reach.ALL_TURNS);
        } catch (RuntimeException e) {
            throw template.isContextLimit(e) ? LongestMessage.named(limit, e, sent) : e;
        }
    }

    private boolean mayClear(AtomicReference<Prompt> sent, Reach reach) {
        Prompt prompt = Objects.requireNonNull(sent.get());
        return results.mayClear(prompt, reach(prompt, reach));
    }

    private boolean clearMore(AtomicReference<Prompt> sent, Reach reach) {
        Prompt prompt = Objects.requireNonNull(sent.get());
        return results.clearMore(prompt, reach(prompt, reach));
    }

    /** A summary of next to nothing would be paid in vain: then the running turn's results come first. */
    private Reach reach(Prompt prompt, Reach reach) {
        return history.isSmallPartOf(prompt) ? Reach.ALL_TURNS : reach;
    }

    /** The template tries again if the model has refused the prompt that was sent. */
    private void noteRefusal(AtomicInteger tries, AtomicReference<Prompt> sent) {
        if (tries.getAndIncrement() > 0 && watch != null) {
            watch.refused(Objects.requireNonNull(sent.get()));
        }
    }

    private ChatClientRequest current(ChatClientRequest request, AtomicReference<Prompt> sent) {
        ChatClientRequest current = results.fitted(history.current(request), Reach.ALL_TURNS);
        sent.set(current.prompt());
        if (watch != null) {
            watch.asks(current.prompt());
        }
        return current;
    }

    private void answers(ChatClientResponse response) {
        if (watch != null) {
            watch.answers(response);
        }
    }

    private void compactAhead(ChatClientRequest request) {
        try {
            if (isTooLong(request)) {
                template.compact(sessionId, history.epoch(), history.sinceRead());
            }
        } catch (RuntimeException e) {
            if (Thread.currentThread().isInterrupted()) { // the caller has gone: do not pay for an answer
                throw e;
            }
            logNotCompactedAhead(e);
        }
    }

    @Override
    public Flux<ChatClientResponse> adviseStream(ChatClientRequest request, StreamAdvisorChain chain) {
        if (!history.isKnown()) {
            return chain.nextStream(request);
        }
        return compactAheadAsync(request).thenMany(tries(request, chain));
    }

    private Mono<Void> compactAheadAsync(ChatClientRequest request) {
        if (watch == null) {
            return Mono.empty();
        }
        return Mono.fromCallable(() -> isTooLong(request))
                .subscribeOn(scheduler)
                .filter(Boolean::booleanValue)
                .flatMap(tooLong -> Mono.deferContextual(context -> Mono.fromFuture(StreamContext.visible(
                        context, () -> template.compactAsync(sessionId, history.epoch(), history.sinceRead())))))
                .doOnError(this::logNotCompactedAhead)
                .onErrorComplete()
                .then();
    }

    /**
     * The template says when to try, and the tries follow each other in one stream. A try that fails before its first
     * element ends empty and is the template's business; one that fails later is the subscriber's.
     */
    private Flux<ChatClientResponse> tries(ChatClientRequest request, StreamAdvisorChain chain) {
        Flux<CompletableFuture<Boolean>> tries = Flux.create(sink -> {
            Supplier<CompletableFuture<Boolean>> next = () -> {
                CompletableFuture<Boolean> begun = new CompletableFuture<>();
                sink.next(begun);
                return begun;
            };
            CompletableFuture<Boolean> run = StreamContext.visible(
                    sink.contextView(), () -> template.executeSubtaskAsync(sessionId, next, history::sinceRead));
            sink.onCancel(() -> run.cancel(false));
            run.whenComplete((begun, failure) -> {
                if (failure == null) {
                    sink.complete();
                } else if (!run.isCancelled()) {
                    sink.error(failure);
                }
            });
        });
        AtomicReference<Prompt> sent = new AtomicReference<>(request.prompt());
        AtomicInteger made = new AtomicInteger();
        return tries.doOnNext(begun -> noteRefusal(made, sent))
                .map(begun -> stream(request, chain, sent, Reach.OLD_TURNS)
                        .doOnNext(element -> begun.complete(true))
                        .doOnComplete(() -> begun.complete(true))
                        .onErrorResume(
                                failure -> begun.completeExceptionally(failure) ? Flux.empty() : Flux.error(failure)))
                .onErrorResume(
                        ContextLimitExceededException.class,
                        limit -> Flux.just(streamWithFewerResults(request, chain, sent, limit)))
                .concatMap(Function.identity());
    }

    /** As {@link #call}, before the first element. */
    private Flux<ChatClientResponse> stream(
            ChatClientRequest request, StreamAdvisorChain chain, AtomicReference<Prompt> sent, Reach reach) {
        AtomicBoolean begun = new AtomicBoolean();
        return Mono.fromCallable(() -> current(request, sent))
                .subscribeOn(scheduler)
                .flatMapMany(current -> chain.copy(this).nextStream(current))
                .doOnNext(element -> begun.set(true))
                .doOnNext(this::answers)
                .onErrorResume(failure -> !begun.get()
                                && mayClear(sent, reach)
                                && template.isContextLimit(failure)
                                && clearMore(sent, reach)
                        ? stream(request, chain, sent, reach)
                        : Flux.error(failure));
    }

    private Flux<ChatClientResponse> streamWithFewerResults(
            ChatClientRequest request,
            StreamAdvisorChain chain,
            AtomicReference<Prompt> sent,
            ContextLimitExceededException limit) {
        if (!clearMore(sent, Reach.ALL_TURNS)) {
            return Flux.error(LongestMessage.named(limit, sent));
        }
        return stream(request, chain, sent, Reach.ALL_TURNS)
                .onErrorMap(template::isContextLimit, refusal -> LongestMessage.named(limit, refusal, sent));
    }

    private boolean isTooLong(ChatClientRequest request) {
        if (watch == null || history.isEmpty()) {
            return false;
        }
        ChatClientRequest current = history.current(request);
        return watch.isTooLong(results.fitted(current, reach(current.prompt(), Reach.OLD_TURNS))
                .prompt());
    }

    /**
     * Logs and goes on: the model may still take the prompt, and if not, its error is handled then. The template has warned of
     * the compaction that failed, once for all calls that share the failure.
     */
    private void logNotCompactedAhead(Throwable failure) {
        log.log(
                failure instanceof CompactionFailedException ? Level.DEBUG : Level.WARNING,
                () -> "A session was not compacted ahead of the model's limit; the model is called all the same. "
                        + (failure instanceof CompactionException // its message quotes nothing
                                ? failure.getMessage()
                                : failure.getClass().getName()));
    }

    @Override
    public String getName() {
        return "CompactionModelCall";
    }

    @Override
    public int getOrder() {
        return ORDER;
    }
}
