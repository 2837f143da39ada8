package io.github.agentcompaction.springai;

import static io.github.agentcompaction.springai.Conversation.inShort;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.agentcompaction.CompactionFailedException;
import io.github.agentcompaction.CompactionListener;
import io.github.agentcompaction.CompactionOutcome;
import io.github.agentcompaction.CompactionReport;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.CompactionUsage;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.StagedCompactor.Prepared;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.InMemoryChatMemoryRepository;
import org.springframework.ai.chat.memory.MessageWindowChatMemory;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.metadata.DefaultUsage;
import org.springframework.ai.chat.metadata.EmptyUsage;
import org.springframework.ai.chat.metadata.Usage;
import org.springframework.ai.content.MediaContent;
import org.springframework.ai.tokenizer.TokenCountEstimator;

@Timeout(60)
class ChatMemoryCompactorTest {

    private final ChatMemoryRepository repository = new InMemoryChatMemoryRepository();
    private final ConcurrentChatMemory memory = new ConcurrentChatMemory(repository);

    @Test
    void compact_putsTheSummaryInThePlaceOfTheOldestTurns() throws Exception {
        given("u1 a1 u2 a2 u3 a3 u4 a4");
        SummaryModel model = new SummaryModel(question -> " what was \n");

        assertThat(compactor(model).compact("c")).contains("what was");

        assertThat(now()).isEqualTo("summary:what was u3 a3 u4 a4");
        assertThat(model.asked)
                .singleElement()
                .asString()
                .contains("User: u1\n\nAssistant: a1\n\nUser: u2\n\nAssistant: a2")
                .doesNotContain("u3");
    }

    @Test
    void compact_again_feedsTheEarlierSummaryInAndReplacesIt() throws Exception {
        given("summary:before u1 a1 u2 a2");
        SummaryModel model = new SummaryModel(question -> "both");

        assertThat(compactor(model).compact("c")).contains("both");

        assertThat(now()).isEqualTo("summary:both u2 a2");
        assertThat(model.asked)
                .singleElement()
                .asString()
                .contains("<earlier-summary>\nbefore\n</earlier-summary>", "u1", "a1")
                .doesNotContain(ChatMemoryCompactor.SUMMARY_REQUEST);
    }

    @Test
    void compact_systemMessages_stay() throws Exception {
        given("s1 u1 a1 s2 u2 a2");

        compactor(new SummaryModel(question -> "x")).compact("c");

        assertThat(now()).isEqualTo("s1 s2 summary:x u2 a2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "u1", "u1 a1", "summary:x", "summary:x u1", "s1 summary:x u1 a1"})
    void compact_nothingLeft_isEmptyAndAsksNoModel(String conversation) throws Exception {
        given(conversation);
        SummaryModel model = new SummaryModel(question -> "x");

        assertThat(compactor(model).compact("c")).isEmpty();

        assertThat(model.asked).isEmpty();
        assertThat(now()).isEqualTo(conversation);
    }

    @Test
    void compact_untilNothingIsLeft_ends() throws Exception {
        given("u1 a1 u2 a2 u3 a3 u4 a4 u5");
        ChatMemoryCompactor compactor = compactor(new SummaryModel(question -> "x"));

        int compactions = 0;
        while (compactor.compact("c").isPresent()) {
            compactions++;
        }

        assertThat(compactions).isEqualTo(2);
        assertThat(now()).isEqualTo("summary:x u5");
    }

    @Test
    void compact_blankOrNoSummary_changesNothing() {
        given("u1 a1 u2 a2");
        List<UnaryOperator<@Nullable String>> answers = List.of(question -> "", question -> " \n", question -> null);
        for (UnaryOperator<@Nullable String> answer : answers) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> compactor(new SummaryModel(answer)).compact("c"))
                    .withMessage("The model returned a blank summary; nothing was changed.");
        }
        assertThat(now()).isEqualTo("u1 a1 u2 a2");
    }

    @Test
    void compact_modelFails_changesNothingAndPassesTheErrorOn() {
        given("u1 a1 u2 a2");
        RuntimeException failure = new IllegalArgumentException("no such model");
        SummaryModel model = new SummaryModel(question -> {
            throw failure;
        });

        assertThatThrownBy(() -> compactor(model).compact("c")).isSameAs(failure);
        assertThat(now()).isEqualTo("u1 a1 u2 a2");
        assertThat(model.asked).hasSize(1);
    }

    @Test
    void compact_holdsNoLockWhileTheModelWorks() throws Exception {
        given("u1 a1 u2 a2");
        SummaryModel model = new SummaryModel(question -> {
            CompletableFuture.runAsync(() -> memory.add("c", Conversation.of("u3 a3")))
                    .orTimeout(30, TimeUnit.SECONDS)
                    .join();
            return "x";
        });

        compactor(model).compact("c");

        assertThat(now()).isEqualTo("summary:x u2 a2 u3 a3");
    }

    // Pinned messages

    @Test
    void compact_againAndAgain_pinnedMessagesStayBehindTheSummary() throws Exception {
        given("u1! a1 u2 a2! u3 c3 r3! a3 u4 a4 u5");
        SummaryModel model = new SummaryModel(question -> "x" + question.length());
        ChatMemoryCompactor compactor =
                ChatMemoryCompactor.builder(memory, model.client()).share(0.01).build();
        List<String> kept = List.of("u1!", "a2!", "c3", "r3!");

        int compactions = 0;
        while (compactor.compact("c").isPresent()) {
            assertThat(++compactions).isLessThan(10);
            String now = now();
            assertThat(now).startsWith("summary:x");
            assertThat(now.split(" ")).containsSubsequence(kept);
            for (String word : kept) {
                assertThat(now.split(" ")).containsOnlyOnce(word);
            }
        }

        assertThat(compactions).isEqualTo(4);
        assertThat(now()).matches("summary:x\\d+ u1! a2! c3 r3! u5");
        assertThat(model.asked.get(3))
                .containsOnlyOnce("<earlier-summary>")
                .contains("User: u4")
                .doesNotContain(ChatMemoryCompactor.SUMMARY_REQUEST);
    }

    @Test
    void compact_onlyPinnedMessagesLeft_isEmptyAndAsksNoModel() throws Exception {
        given("summary:x u1! a2! c3 r3! u4! u5 a5");
        SummaryModel model = new SummaryModel(question -> "y");

        assertThat(compactor(model).compact("c")).isEmpty();

        assertThat(model.asked).isEmpty();
        assertThat(now()).isEqualTo("summary:x u1! a2! c3 r3! u4! u5 a5");
    }

    @Test
    void compact_inParts_asksNothingForPinnedTurns() throws Exception {
        given("u1! u2! u3 a3 u4! u5 a5 u6");
        SummaryModel model = new SummaryModel(question -> {
            if (question.split("User: ").length > 2) { // one turn at most
                throw tooLong();
            }
            return "x";
        });

        ChatMemoryCompactor.builder(memory, model.client()).share(1).build().compact("c");

        assertThat(now()).isEqualTo("summary:x u1! u2! u4! u6");
        assertThat(model.asked)
                .filteredOn(question -> question.split("User: ").length == 2)
                .hasSize(2);
    }

    @Test
    void compact_turnBehindPinnedOnesTooLongHoweverShort_fails() {
        given("u1! u2 a2 u3");
        SummaryModel model = new SummaryModel(question -> limitedTo("a2", question));

        assertThatThrownBy(() -> compactor(model).compact("c"))
                .hasMessage(tooLong().getMessage());
        assertThat(now()).isEqualTo("u1! u2 a2 u3");
    }

    @Test
    void compact_pinnedMessagesAddedMeanwhile_stayWhereTheyAre() throws Exception {
        given("u1 a1! u2 a2");
        SummaryModel model = new SummaryModel(question -> {
            memory.add("c", Conversation.of("u3! a3"));
            return "x";
        });

        compactor(model).compact("c");

        assertThat(now()).isEqualTo("summary:x a1! u2 a2 u3! a3");
    }

    // In two steps

    @Test
    void prepare_changesNothingUntilItIsApplied() {
        given("u1 a1 u2 a2");

        Prepared prepared = prepared("what was");

        assertThat(prepared.summary()).isEqualTo("what was");
        assertThat(now()).isEqualTo("u1 a1 u2 a2");
        assertThat(prepared.apply()).isTrue();
        assertThat(now()).isEqualTo("summary:what was u2 a2");
    }

    @Test
    void apply_keepsWhatWasAddedSincePrepare() {
        given("u1 a1 u2 a2");
        Prepared prepared = prepared("x");

        memory.add("c", Conversation.of("u3 a3"));

        assertThat(prepared.apply()).isTrue();
        assertThat(now()).isEqualTo("summary:x u2 a2 u3 a3");
    }

    @Test
    void apply_twice_changesTheConversationOnce() {
        given("u1 a1 u2 a2");
        Prepared prepared = prepared("x");

        assertThat(prepared.apply()).isTrue();
        assertThat(prepared.apply()).isFalse();

        assertThat(now()).isEqualTo("summary:x u2 a2");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", // cleared
                "u9",
                "summary:before u8 a8 u2 a2", // rewritten behind the same summary
                "summary:of another agent u2 a2",
                "summary:before u1",
            })
    void apply_summarizedPartIsGone_isFalseAndChangesNothing(String rewritten) {
        given("summary:before u1 a1 u2 a2");
        Prepared prepared = prepared("x");

        memory.clear("c");
        given(rewritten);

        assertThat(prepared.apply()).isFalse();
        assertThat(now()).isEqualTo(rewritten);
    }

    @Test
    void apply_whileAnotherTaskAdds_waitsForItsTurn() throws Exception {
        GatedRepository gated = new GatedRepository();
        ConcurrentChatMemory waiting = new ConcurrentChatMemory(gated);
        gated.stored.saveAll("c", Conversation.of("u1 a1 u2 a2"));
        Prepared prepared = ChatMemoryCompactor.builder(waiting, new SummaryModel(question -> "x").client())
                .build()
                .prepare("c")
                .orElseThrow();
        CompletableFuture<Void> adding = CompletableFuture.runAsync(() -> waiting.add("c", Conversation.of("u3")));
        GatedRepository.await(gated.arrived);
        FutureTask<Boolean> applying = new FutureTask<>(prepared::apply);
        Thread thread = new Thread(applying);
        thread.start();
        await().until(() -> thread.getState() == Thread.State.WAITING);

        gated.open.countDown();

        adding.get(30, TimeUnit.SECONDS);
        assertThat(applying.get(30, TimeUnit.SECONDS)).isTrue();
        assertThat(inShort(waiting.get("c"))).isEqualTo("summary:x u2 a2 u3");
    }

    @Test
    void compact_anotherAgentWasFaster_isEmptyAndKeepsItsSummary() throws Exception {
        given("u1 a1 u2 a2");
        ChatMemoryCompactor faster = compactor(new SummaryModel(question -> "of the faster"));
        SummaryModel slow = new SummaryModel(question -> {
            assertThat(faster.prepare("c").orElseThrow().apply()).isTrue();
            return "of the slower";
        });

        assertThat(compactor(slow).compact("c")).isEmpty();
        assertThat(now()).isEqualTo("summary:of the faster u2 a2");
    }

    // What it cost

    @Test
    void usage_sizes_areOfTheWholeConversation() {
        given("s1 summary:before u1 a1 u2 a2");
        ToIntFunction<String> tokens = text -> text.contains("the new one") ? 1_000 : text.contains("1") ? 100 : 10;

        Prepared prepared = ChatMemoryCompactor.builder(memory, new SummaryModel(question -> "the new one").client())
                .tokenCountEstimator(new Measuring(new ArrayList<>(), tokens))
                .build()
                .prepare("c")
                .orElseThrow();

        assertThat(prepared.usage().tokensBefore()).hasValue(100 + 2 * 10 + 2 * 100 + 2 * 10);
        assertThat(prepared.usage().tokensAfter()).hasValue(100 + 10 + 1_000 + 2 * 10);
    }

    @Test
    void usage_ofTheProvider_isPassedOn() {
        given("u1 a1 u2 a2");
        SummaryModel model = new SummaryModel(question -> "x");
        model.usage = new DefaultUsage(1_200, 34);

        CompactionUsage usage = compactor(model).prepare("c").orElseThrow().usage();

        assertThat(usage.promptTokens()).hasValue(1_200);
        assertThat(usage.completionTokens()).hasValue(34);
    }

    @Test
    void usage_tokensOfTheCacheCountedApart_areInIt() {
        given("u1 a1 u2 a2");
        SummaryModel model = new SummaryModel(question -> "x");
        model.usage = new DefaultUsage(20, 34, 54, null, 1_000L, 200L);

        CompactionUsage usage = compactor(model).prepare("c").orElseThrow().usage();

        assertThat(usage.promptTokens()).hasValue(1_220);
    }

    @Test
    void usage_tokensOfTheCacheAreOfThePrompt_areCountedOnce() {
        given("u1 a1 u2 a2");
        SummaryModel model = new SummaryModel(question -> "x");
        model.usage = new DefaultUsage(1_200, 34, 1_234, null, 1_000L, null);

        CompactionUsage usage = compactor(model).prepare("c").orElseThrow().usage();

        assertThat(usage.promptTokens()).hasValue(1_200);
    }

    @Test
    void usage_blankSummary_isReportedWithTheFailure() {
        given("u1 a1 u2 a2");
        SummaryModel model = new SummaryModel(question -> " \n");
        model.usage = new DefaultUsage(1_200, 34);

        CompactionReport report = failed(compactor(model), "The model returned a blank summary; nothing was changed.");

        assertThat(report.usage().promptTokens()).hasValue(1_200);
        assertThat(report.usage().completionTokens()).hasValue(34);
        assertThat(report.usage().tokensBefore()).isPresent();
        assertThat(report.usage().tokensAfter()).isEmpty();
        assertThat(now()).isEqualTo("u1 a1 u2 a2");
    }

    @Test
    void usage_laterPartFails_earlierPartsAreReportedWithTheFailure() {
        given("u1 a1 u2 a2 u3 a3 u4 a4 u5");
        SummaryModel model = new SummaryModel(question -> {
            if (question.contains("u1") && question.contains("u3")) {
                throw tooLong();
            }
            if (question.contains("u3")) {
                throw new IllegalArgumentException("down, about u3");
            }
            return "x";
        });
        model.usage = new DefaultUsage(100, 10);
        ChatMemoryCompactor whole =
                ChatMemoryCompactor.builder(memory, model.client()).share(1).build();

        CompactionReport report = failed(whole, "down, about u3");

        assertThat(report.usage().promptTokens()).hasValue(100);
        assertThat(report.usage().completionTokens()).hasValue(10);
        assertThat(now()).isEqualTo("u1 a1 u2 a2 u3 a3 u4 a4 u5");
        assertThat(whole.prepare("c").orElseThrow())
                .hasToString("Prepared[failed: java.lang.IllegalArgumentException]");
        assertThatThrownBy(() -> whole.compact("c")).hasMessage("down, about u3");
    }

    private static CompactionReport failed(ChatMemoryCompactor compactor, String cause) {
        List<CompactionReport> reports = new ArrayList<>();
        SessionCompactionState state = SessionCompactionState.builder()
                .listener(new CompactionListener() {
                    @Override
                    public void compactionEnded(String agent, String sessionId, CompactionReport report) {
                        reports.add(report);
                    }
                })
                .build();
        CompactionTemplate template =
                CompactionTemplate.builder(state, compactor).build();

        assertThatThrownBy(() -> template.compact("c"))
                .isInstanceOf(CompactionFailedException.class)
                .cause()
                .hasMessage(cause);

        assertThat(reports).singleElement().returns(CompactionOutcome.FAILED, CompactionReport::outcome);
        return reports.get(0);
    }

    @Test
    void usage_providerReportsNone_isEmpty() {
        given("u1 a1 u2 a2");
        SummaryModel model = new SummaryModel(question -> "x");

        for (Usage none : List.of(new EmptyUsage(), new DefaultUsage(0, 0))) {
            model.usage = none;
            CompactionUsage usage = compactor(model).prepare("c").orElseThrow().usage();

            assertThat(usage.promptTokens()).isEmpty();
            assertThat(usage.completionTokens()).isEmpty();
            assertThat(usage.tokensBefore()).isPresent();
        }
    }

    @Test
    void compact_windowDropsWhatIsBeingSummarized_summarizesItStill() throws Exception {
        given("u1 a1 u2 a2 u3 a3");
        MessageWindowChatMemory window = MessageWindowChatMemory.builder()
                .chatMemoryRepository(repository)
                .maxMessages(6)
                .build();
        ConcurrentChatMemory decorated = new ConcurrentChatMemory(window, repository);
        SummaryModel model = new SummaryModel(question -> {
            decorated.add("c", Conversation.of("u4"));
            return "x";
        });

        assertThat(ChatMemoryCompactor.builder(decorated, model.client())
                        .share(0.5)
                        .build()
                        .compact("c"))
                .contains("x");
        assertThat(now()).isEqualTo("summary:x u3 a3 u4");
    }

    @Test
    void compact_oldestTurnsTooLongForTheModel_summarizesThemInParts() throws Exception {
        given("u1 a1 u2 a2 u3 a3 u4 a4 u5");
        SummaryModel model = new SummaryModel(question -> {
            if (question.split("User: ").length > 3) { // two turns at most
                throw tooLong();
            }
            return "up to " + question.charAt(question.lastIndexOf("Assistant: a") + 12);
        });
        model.usage = new DefaultUsage(100, 10);

        Prepared prepared = ChatMemoryCompactor.builder(memory, model.client())
                .share(1)
                .build()
                .prepare("c")
                .orElseThrow();
        prepared.apply();

        assertThat(now()).isEqualTo("summary:up to 4 u5");
        assertThat(model.asked).hasSize(3);
        assertThat(model.asked.get(2)).contains("<earlier-summary>\nup to 2\n", "User: u3", "User: u4");
        assertThat(prepared.usage().promptTokens()).hasValue(200);
        assertThat(prepared.usage().completionTokens()).hasValue(20);
    }

    @Test
    void compact_oneHugeMessageFirst_theRestIsNotCutAndGoesInFewParts() throws Exception {
        List<Message> messages = new ArrayList<>(List.of(new UserMessage("x".repeat(20_000)), reply("a0")));
        messages.addAll(List.of(user("z".repeat(3_000)), reply("fits")));
        for (int i = 1; i <= 60; i++) {
            messages.addAll(List.of(user("u" + i + "y".repeat(200)), reply("a" + i)));
        }
        messages.add(user("new"));
        repository.saveAll("c", messages);
        SummaryModel model = new SummaryModel(question -> {
            if (question.length() > 4_000) {
                throw tooLong();
            }
            return "x";
        });

        ChatMemoryCompactor.builder(memory, model.client()).share(1).build().compact("c");

        assertThat(now()).isEqualTo("summary:x new");
        assertThat(model.asked).hasSizeLessThan(30);
        assertThat(model.asked)
                .filteredOn(question -> question.length() <= 4_000)
                .anyMatch(question -> question.contains("z".repeat(3_000) + "\n"));
        assertThat(model.asked.get(model.asked.size() - 1)).contains("u60" + "y".repeat(200) + "\n");
    }

    @Test
    void compact_earlierSummaryAsLongAsTheWindow_isCut() throws Exception {
        List<Message> messages = new ArrayList<>(Summaries.messages("s".repeat(4_000)));
        messages.addAll(Conversation.of("u1 a1 u2"));
        repository.saveAll("c", messages);
        SummaryModel model = new SummaryModel(question -> {
            if (question.length() > 3_000) {
                throw tooLong();
            }
            return "shorter";
        });

        assertThat(compactor(model).compact("c")).contains("shorter");

        assertThat(now()).isEqualTo("summary:shorter u2");
        assertThat(model.asked.get(model.asked.size() - 1)).contains("sss [...]\n</earlier-summary>", "User: u1");
    }

    @Test
    void compact_oneTurnCannotBeSummarized_keepsWhatIsSummarizedBeforeIt() throws Exception {
        given("u1 a1 u2 a2 u3 a3 u4 a4 u5");
        SummaryModel model = new SummaryModel(question -> limitedTo("a3", question));

        assertThat(ChatMemoryCompactor.builder(memory, model.client())
                        .share(1)
                        .build()
                        .compact("c"))
                .contains("x");

        assertThat(now()).isEqualTo("summary:x u3 a3 u4 a4 u5");
    }

    @Test
    void compact_oneTurnTooLongForTheModel_cutsItsMessages() throws Exception {
        repository.saveAll("c", List.of(new UserMessage("q" + "x".repeat(100_000)), reply("short"), user("u2")));
        SummaryModel model = new SummaryModel(question -> {
            if (question.length() > 20_000) {
                throw tooLong();
            }
            return "x";
        });

        assertThat(compactor(model).compact("c")).contains("x");

        assertThat(now()).isEqualTo("summary:x u2");
        assertThat(model.asked).hasSize(4);
        assertThat(model.asked.get(3)).contains("User: qxxx", "xxx [...]", "Assistant: short\n");
    }

    @Test
    void compact_tooLongHoweverShort_fails() {
        repository.saveAll("c", List.of(new UserMessage("x".repeat(100_000)), reply("short"), user("u2")));
        SummaryModel model = new SummaryModel(question -> {
            throw tooLong();
        });

        assertThatThrownBy(() -> compactor(model).compact("c"))
                .hasMessage(tooLong().getMessage());
        assertThat(memory.get("c")).hasSize(3);
        assertThat(model.asked).hasSizeLessThan(15);
    }

    @Test
    void compact_textThatLooksLikeATemplate_isSentAsItIs() throws Exception {
        String text = "{name} <b> $x {{y}} \\";
        repository.saveAll("c", List.of(new UserMessage(text), reply("a1"), user("u2")));
        SummaryModel model = new SummaryModel(question -> "{summary}");

        assertThat(compactor(model).compact("c")).contains("{summary}");
        assertThat(model.asked).singleElement().asString().contains("User: " + text);
    }

    @Test
    void builder_settings_areUsed() throws Exception {
        given("u1 a1 u2 a2 u3 a3 u4 a4");
        SummaryModel model = new SummaryModel(question -> "x");
        List<String> measured = new ArrayList<>();

        ChatMemoryCompactor.builder(memory, model.client())
                .prompt("Sum up.")
                .share(0.5)
                .tokenCountEstimator(new Measuring(measured, String::length))
                .build()
                .compact("c");

        assertThat(model.asked).singleElement().asString().startsWith("Sum up.\n\n<conversation>");
        assertThat(now()).isEqualTo("summary:x u3 a3 u4 a4");
        assertThat(measured).contains("User: u1", "Assistant: a4");
    }

    @Test
    @SuppressWarnings("NullAway") // passes null on purpose
    void builder_wrongArguments_areNamed() {
        SummaryModel model = new SummaryModel(question -> "x");
        var builder = ChatMemoryCompactor.builder(memory, model.client());
        for (double share : new double[] {0, -1, 1.01, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> builder.share(share))
                    .withMessage("share must be more than 0 and at most 1, but was " + share);
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.prompt(" "))
                .withMessageContaining("prompt");
        assertThatNullPointerException().isThrownBy(() -> builder.prompt(null)).withMessageContaining("prompt");
        assertThatNullPointerException()
                .isThrownBy(() -> builder.tokenCountEstimator(null))
                .withMessageContaining("tokenCountEstimator");
        assertThatNullPointerException()
                .isThrownBy(() -> ChatMemoryCompactor.builder(null, model.client()))
                .withMessageContaining("memory");
        assertThatNullPointerException()
                .isThrownBy(() -> ChatMemoryCompactor.builder(memory, null))
                .withMessageContaining("summarizer");
    }

    @Test
    void template_compactsThroughIt() {
        given("u1 a1 u2 a2");
        SessionCompactionState state = SessionCompactionState.builder().build();
        CompactionTemplate template = CompactionTemplate.builder(state, compactor(new SummaryModel(question -> "x")))
                .build();

        assertThat(template.compact("c")).isEqualTo(CompactionOutcome.COMPACTED);
        assertThat(state.popSummary("c")).contains("x");
        assertThat(template.compact("c")).isEqualTo(CompactionOutcome.NOTHING);
        assertThat(now()).isEqualTo("summary:x u2 a2");
    }

    @Test
    void template_blankSummary_isAFailure() {
        given("u1 a1 u2 a2");
        SessionCompactionState state = SessionCompactionState.builder().build();
        CompactionTemplate template = CompactionTemplate.builder(state, compactor(new SummaryModel(question -> "")))
                .build();

        assertThatThrownBy(() -> template.compact("c")).isInstanceOf(CompactionFailedException.class);
        assertThat(state.getSummary("c")).isEmpty();
        assertThat(now()).isEqualTo("u1 a1 u2 a2");
    }

    @Test
    void toString_hasNoText() {
        given("u1 a1 u2");

        assertThat(prepared("secret")).hasToString("Prepared[2 messages summarized]");
        assertThat(compactor(new SummaryModel(question -> "x")))
                .hasToString("ChatMemoryCompactor[share=0.5,"
                        + " memory=ConcurrentChatMemory[repository=InMemoryChatMemoryRepository]]");
    }

    private ChatMemoryCompactor compactor(SummaryModel model) {
        return ChatMemoryCompactor.builder(memory, model.client()).build();
    }

    private Prepared prepared(String summary) {
        return compactor(new SummaryModel(question -> summary)).prepare("c").orElseThrow();
    }

    private void given(String conversation) {
        repository.saveAll("c", Conversation.of(conversation));
    }

    private String now() {
        return inShort(memory.get("c"));
    }

    private static Message user(String text) {
        return new UserMessage(text);
    }

    private static Message reply(String text) {
        return new AssistantMessage(text);
    }

    private static String limitedTo(String unwanted, @Nullable String question) {
        if (question != null && question.contains(unwanted)) {
            throw tooLong();
        }
        return "x";
    }

    private static IllegalStateException tooLong() {
        return new IllegalStateException("HTTP 400 - This model's maximum context length is 10 tokens.");
    }

    /** Counts tokens as it is told to, and keeps what it was asked. */
    private record Measuring(List<String> measured, ToIntFunction<String> tokens) implements TokenCountEstimator {

        @Override
        public int estimate(@Nullable String text) {
            measured.add(text);
            return text == null ? 0 : tokens.applyAsInt(text);
        }

        @Override
        public int estimate(MediaContent content) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int estimate(Iterable<MediaContent> messages) {
            throw new UnsupportedOperationException();
        }
    }
}
