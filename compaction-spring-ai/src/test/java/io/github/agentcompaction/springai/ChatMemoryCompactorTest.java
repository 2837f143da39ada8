package io.github.agentcompaction.springai;

import static io.github.agentcompaction.springai.Conversation.inShort;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.agentcompaction.CompactionFailedException;
import io.github.agentcompaction.CompactionOutcome;
import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.SessionCompactionState;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.InMemoryChatMemoryRepository;
import org.springframework.ai.chat.memory.MessageWindowChatMemory;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.content.MediaContent;
import org.springframework.ai.tokenizer.TokenCountEstimator;

class ChatMemoryCompactorTest {

    private final ChatMemoryRepository repository = new InMemoryChatMemoryRepository();
    private final ConcurrentChatMemory memory = new ConcurrentChatMemory(repository);

    @Test
    void compact_putsTheSummaryInThePlaceOfTheOldestTurns() {
        given("u1 a1 u2 a2 u3 a3 u4 a4");
        SummaryModel model = new SummaryModel(question -> " what was \n");

        assertThat(compactor(model).compact("c")).contains("what was");

        assertThat(now()).isEqualTo("summary:what was u2 a2 u3 a3 u4 a4");
        assertThat(model.asked)
                .singleElement()
                .asString()
                .contains("User: u1\n\nAssistant: a1")
                .doesNotContain("u2");
    }

    @Test
    void compact_again_feedsTheEarlierSummaryInAndReplacesIt() {
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
    void compact_systemMessages_stay() {
        given("s1 u1 a1 s2 u2 a2");

        compactor(new SummaryModel(question -> "x")).compact("c");

        assertThat(now()).isEqualTo("s1 s2 summary:x u2 a2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "u1", "u1 a1", "summary:x", "summary:x u1", "s1 summary:x u1 a1", "u1 u2 u3"})
    void compact_nothingLeft_isEmptyAndAsksNobody(String conversation) {
        given(conversation);
        SummaryModel model = new SummaryModel(question -> "x");

        assertThat(compactor(model).compact("c")).isEmpty();

        assertThat(model.asked).isEmpty();
        assertThat(now()).isEqualTo(conversation);
    }

    @Test
    void compact_untilNothingIsLeft_ends() {
        given("u1 a1 u2 a2 u3 a3 u4 a4 u5");
        ChatMemoryCompactor compactor = compactor(new SummaryModel(question -> "x"));

        int compactions = 0;
        while (compactor.compact("c").isPresent()) {
            compactions++;
        }

        assertThat(compactions).isEqualTo(3);
        assertThat(now()).isEqualTo("summary:x u5");
    }

    @Test
    void compact_blankOrNoSummary_changesNothing() {
        given("u1 a1 u2 a2");
        List<UnaryOperator<@Nullable String>> answers = List.of(question -> "", question -> " \n", question -> null);
        for (UnaryOperator<@Nullable String> answer : answers) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> compactor(new SummaryModel(answer)).compact("c"))
                    .withMessage("The model's summary of the conversation 'c' is blank; nothing was changed.");
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
    void compact_holdsNoLockWhileTheModelWorks() {
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

    @Test
    void compact_clearedMeanwhile_changesNothingAndSaysSo() {
        given("u1 a1 u2 a2");
        SummaryModel model = new SummaryModel(question -> {
            memory.clear("c");
            memory.add("c", Conversation.of("u9"));
            return "secret";
        });

        assertThatIllegalStateException()
                .isThrownBy(() -> compactor(model).compact("c"))
                .withMessage("The conversation 'c' was cleared or rewritten while its summary was being written;"
                        + " nothing was changed.");
        assertThat(now()).isEqualTo("u9");
    }

    @Test
    void compact_rewrittenBehindTheSameSummary_changesNothingAndSaysSo() {
        given("summary:before u1 a1 u2 a2");
        SummaryModel model = new SummaryModel(question -> {
            given("summary:before u8 a8 u2 a2");
            return "secret";
        });

        assertThatIllegalStateException().isThrownBy(() -> compactor(model).compact("c"));
        assertThat(now()).isEqualTo("summary:before u8 a8 u2 a2");
    }

    @Test
    void compact_anotherAgentWasFaster_returnsItsSummary() {
        given("u1 a1 u2 a2");
        ChatMemoryCompactor faster = compactor(new SummaryModel(question -> "of the faster"));
        SummaryModel slow = new SummaryModel(question -> {
            faster.compact("c");
            return "of the slower";
        });

        assertThat(compactor(slow).compact("c")).contains("of the faster");
        assertThat(now()).isEqualTo("summary:of the faster u2 a2");
    }

    @Test
    void compact_windowDropsWhatIsBeingSummarized_summarizesItStill() {
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
    void compact_oldestTurnsTooLongForTheModel_summarizesFewer() {
        given("u1 a1 u2 a2 u3 a3 u4 a4 u5");
        SummaryModel model = new SummaryModel(question -> limitedTo("a2", question));

        ChatMemoryCompactor.builder(memory, model.client()).share(1).build().compact("c");

        assertThat(now()).isEqualTo("summary:x u2 a2 u3 a3 u4 a4 u5");
        assertThat(model.asked).hasSize(3);
    }

    @Test
    void compact_oneTurnTooLongForTheModel_cutsItsMessages() {
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
    void compact_textThatLooksLikeATemplate_isSentAsItIs() {
        String text = "{name} <b> $x {{y}} \\";
        repository.saveAll("c", List.of(new UserMessage(text), reply("a1"), user("u2")));
        SummaryModel model = new SummaryModel(question -> "{summary}");

        assertThat(compactor(model).compact("c")).contains("{summary}");
        assertThat(model.asked).singleElement().asString().contains("User: " + text);
    }

    @Test
    void builder_settings_areUsed() {
        given("u1 a1 u2 a2 u3 a3 u4 a4");
        SummaryModel model = new SummaryModel(question -> "x");
        List<String> measured = new ArrayList<>();

        ChatMemoryCompactor.builder(memory, model.client())
                .prompt("Sum up.")
                .share(0.5)
                .tokenCountEstimator(new Measuring(measured))
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
    void messages_ofExceptions_areOneLine() {
        repository.saveAll("c\nd", Conversation.of("u1 a1 u2"));

        assertThatIllegalStateException()
                .isThrownBy(() -> compactor(new SummaryModel(question -> "")).compact("c\nd"))
                .withMessageContaining("'c?d'");
    }

    @Test
    void toString_hasNoText() {
        given("u1 a1");

        assertThat(compactor(new SummaryModel(question -> "x")))
                .hasToString("ChatMemoryCompactor[share=0.25,"
                        + " memory=ConcurrentChatMemory[repository=InMemoryChatMemoryRepository]]");
    }

    private ChatMemoryCompactor compactor(SummaryModel model) {
        return ChatMemoryCompactor.builder(memory, model.client()).build();
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

    /** Counts characters. */
    private record Measuring(List<String> measured) implements TokenCountEstimator {

        @Override
        public int estimate(@Nullable String text) {
            measured.add(text);
            return text == null ? 0 : text.length();
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
