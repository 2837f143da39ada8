package io.github.agentcompaction.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.springframework.ai.chat.messages.MessageType.SYSTEM;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.MessageType;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.UserMessage;

/** Where a conversation is cut. */
class TurnsTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // a quarter of the tokens, in whole turns
                "0.25 | u1 a1 u2 a2 u3 a3 u4 a4                 | u1 a1",
                "0.25 | u1 a1 u2 a2 u3 a3 u4 a4 u5 a5           | u1 a1 u2 a2",
                "0.5  | u1 a1 u2 a2 u3 a3 u4 a4                 | u1 a1 u2 a2",
                // the newest turn stays, and one turn goes if there are two
                "1    | u1 a1 u2 a2 u3 a3                       | u1 a1 u2 a2",
                "0.01 | u1 a1 u2                                | u1 a1",
                "1    | u1 a1                                   | ''",
                "1    | u1                                      | ''",
                "1    | ''                                      | ''",
                "1    | a1 a2                                   | ''",
                // a summary is no turn
                "1    | summary:x                               | ''",
                "1    | summary:x u1 a1                         | ''",
                "0.25 | summary:x u1 a1 u2                      | summary:x u1 a1",
                "0.25 | summary:x a0 u1 a1 u2                   | summary:x a0 u1 a1",
                // what is before the first user message is no turn of its own
                "0.01 | a0 u1 a1 u2 a2                          | a0 u1 a1",
                // system messages belong to no turn
                "0.25 | s u1 a1 u2 a2                           | s u1 a1",
                "0.25 | s summary:x u1 a1 s2 u2 a2              | s summary:x u1 a1 s2",
                "1    | s u1 a1                                 | ''",
                // user messages in a row are taken together, also with a system message between them
                "0.01 | u1 u2 a1 a2 u3 a3                       | u1 u2 a1 a2",
                "0.01 | u1 s u2 a1 a2 u3 a3                     | u1 s u2 a1 a2",
                "0.25 | u1 a1 u2 u3 u4 u5                       | u1 a1",
                "0.5  | u1 a1 u2 u3 u4 u5                       | u1 a1 u2 u3 u4",
                // of those that nobody answered only the newest stays
                "1    | u1 a1 u2 u3 u4                          | u1 a1 u2 u3",
                "0.01 | u1 u2 u3                                | u1 u2",
                "0.01 | u1 s u2                                 | u1 s",
                "1    | u1 u2 a2                                | u1",
                "0.25 | summary:x u1 u2                         | summary:x u1",
                // a tool call and its response stay together, whatever comes between
                "0.01 | u1 c1 r1 a1 u2 a2                       | u1 c1 r1 a1",
                "0.01 | u1 c1 u2 r1 a1 u3 a3                    | u1 c1 u2 r1 a1",
                "1    | u1 c1 u2 r1                             | ''",
                "0.01 | u1 c1 u2 c2 u3 r1 u4 r2 u5 a5           | u1 c1 u2 c2 u3 r1 u4 r2",
                // a call without a response does not hold up all that follows
                "0.01 | u1 c1 u2 a2 u3 a3                       | u1 c1",
                // pinned messages are nothing to summarize
                "1    | u1! a1! u2                              | ''",
                "1    | u1! u2                                  | ''",
                "1    | summary:x u1! a2! u3 a3                 | ''",
                "1    | u1! c1 r1! u2                           | ''",
                "1    | s u1! u2! a2! s u3                      | ''",
                // but what is told with them is
                "0.01 | u1! a1 u2                               | u1! a1",
                "0.01 | u1 a1! u2                               | u1 a1!",
                "0.01 | u1! u2! u3 a3 u4                        | u1! u2! u3 a3",
                "0.01 | summary:x u1! u2 a2 u3                  | summary:x u1! u2 a2",
                // and they do not count: half of six is three
                "0.5  | u1! a1! u2 a2 u3 a3 u4 a4               | u1! a1! u2 a2 u3 a3",
                "0.34 | u1! a1! u2! a2! u3 a3 u4 a4 u5 a5       | u1! a1! u2! a2! u3 a3 u4 a4",
                // a part ends as without pins
                "0.01 | u1 a1 u2! u3 a3 u4                      | u1 a1",
                "0.6  | u1 a1 u2! u3 a3 u4                      | u1 a1 u2! u3 a3",
                "0.01 | u1 u2! u3 a3 u4                         | u1 u2! u3 a3",
            })
    void oldest_isCutAtATurn(double share, String conversation, String oldest) {
        Turns turns = new Turns(Conversation.of(conversation), message -> 10);

        int number = turns.oldestTurns(share);

        assertThat(number == 0 ? "" : Conversation.inShort(turns.oldest(number)))
                .isEqualTo(oldest);
    }

    @Test
    void oldestTurns_hugeFirstTurn_isOne() {
        assertThat(turns("u1 a1 u2 a2 u3 a3", message -> "a1".equals(message.getText()) ? 1_000_000 : 1)
                        .oldestTurns(0.25))
                .isEqualTo(1);
    }

    @Test
    void oldestTurns_hugeNewestTurn_areAllOthers() {
        assertThat(turns("u1 a1 u2 a2 u3 a3", message -> "u3".equals(message.getText()) ? 1_000_000 : 1)
                        .oldestTurns(0.25))
                .isEqualTo(2);
    }

    @Test
    void oldestTurns_tokensOverTheRangeOfInt_areCounted() {
        Turns turns = turns("u1 a1 u2 a2 u3 a3 u4 a4", message -> Integer.MAX_VALUE);

        assertThat(turns.oldestTurns(0.5)).isEqualTo(2);
        assertThat(turns.tokens()).isEqualTo(8L * Integer.MAX_VALUE);
        assertThat(turns.tokensBehind(1)).isEqualTo(6L * Integer.MAX_VALUE);
    }

    @Test
    void oldestTurns_nothingCounted_isOne() {
        assertThat(turns("u1 a1 u2 a2", message -> 0).oldestTurns(0.25)).isEqualTo(1);
    }

    @Test
    void summarized_keepsSystemMessagesBeforeTheSummary() {
        Turns turns = turns("s1 summary:x u1 s2 a1 u2 a2", message -> 1);

        assertThat(turns.summary()).contains("x");
        assertThat(Conversation.inShort(turns.told(0, 1))).isEqualTo("u1 a1");
        assertThat(Conversation.inShort(turns.summarized(1, "new"))).isEqualTo("s1 s2 summary:new");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "s1 summary:x u1! s2! a1 a2! u2 a2 | s1 s2! summary:new u1! a2!",
                "u1 c1 r1! a1 u2                   | summary:new c1 r1!",
                "u1 c1! r1 a1 u2                   | summary:new c1! r1",
                "u1 c1! a1 u2                      | summary:new c1!", // without a response it is as it was
                "u1 r1! a1 u2                      | summary:new r1!",
                "u1 c1 u2 c2 r1 r2! u3             | summary:new c2 r2!",
                "u1 c1! r1 c1 r1 u2                | summary:new c1! r1", // some models count their calls anew
            })
    void summarized_keepsPinnedMessagesBehindTheSummary(String conversation, String replacement) {
        Turns turns = turns(conversation, message -> 1);

        assertThat(Conversation.inShort(turns.summarized(1, "new"))).isEqualTo(replacement);
    }

    @Test
    void summarized_pinnedResponseToTwoOfThree_keepsWhatBelongsTogether() {
        List<Message> messages = List.of(
                new UserMessage("u"),
                calls("1", "2"),
                calls("3"),
                responses(true, "2", "3"),
                responses(false, "1"),
                new AssistantMessage("a"),
                new UserMessage("new"));

        assertThat(new Turns(messages, message -> 1).summarized(1, "x").subList(2, 6))
                .isEqualTo(messages.subList(1, 5));
    }

    @Test
    void summarized_pinnedResponse_keepsAlsoTheCallBeforeThatSharesAResponse() {
        List<Message> messages = List.of(
                new UserMessage("u"),
                calls("1"),
                calls("2", "3"),
                responses(false, "1", "2"),
                responses(true, "3"),
                new UserMessage("new"));

        assertThat(new Turns(messages, message -> 1).summarized(1, "x").subList(2, 6))
                .isEqualTo(messages.subList(1, 5));
    }

    private static Message calls(String... ids) {
        return AssistantMessage.builder()
                .content("")
                .toolCalls(Stream.of(ids)
                        .map(id -> new AssistantMessage.ToolCall(id, "function", "look_up", "{}"))
                        .toList())
                .build();
    }

    private static Message responses(boolean pinned, String... ids) {
        return ToolResponseMessage.builder()
                .responses(Stream.of(ids)
                        .map(id -> new ToolResponseMessage.ToolResponse(id, "look_up", "found"))
                        .toList())
                .metadata(pinned ? Map.of(ChatMemoryCompactor.PINNED, "true") : Map.of())
                .build();
    }

    @ParameterizedTest
    @ValueSource(strings = {"true", "TRUE"})
    void summarized_pinnedByAText_isKept(String pin) {
        assertThat(summarizedWithPin(pin)).isEqualTo("summary:new u1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"false", "yes", ""})
    void summarized_pinOfAnotherValue_isNotKept(String pin) {
        assertThat(summarizedWithPin(pin)).isEqualTo("summary:new");
    }

    private static String summarizedWithPin(String pin) {
        List<Message> messages = new ArrayList<>(Conversation.of("a0 u2"));
        messages.add(
                0,
                UserMessage.builder()
                        .text("u1")
                        .metadata(Map.of(ChatMemoryCompactor.PINNED, pin))
                        .build());
        return Conversation.inShort(new Turns(messages, message -> 1).summarized(1, "new"));
    }

    @Test
    void tokens_ofAllMessages_areCounted() {
        Turns turns = turns("s1 summary:x u1 s2 a1 u2 a2", message -> message.getMessageType() == SYSTEM ? 100 : 1);

        assertThat(turns.tokens()).isEqualTo(206);
        assertThat(turns.tokensBehind(0)).isEqualTo(104);
        assertThat(turns.tokensBehind(1)).isEqualTo(2);
    }

    @Test
    void summary_ofTheUserRequestAlone_isNone() {
        List<Message> messages = new ArrayList<>(Summaries.messages("x").subList(0, 1));
        assertThat(new Turns(messages, message -> 1).summary()).isEmpty();

        messages.addAll(Conversation.of("u1 a1"));
        assertThat(new Turns(messages, message -> 1).summary()).isEmpty();
    }

    private static Turns turns(String conversation, ToIntFunction<Message> tokens) {
        return new Turns(Conversation.of(conversation), tokens);
    }

    @Test
    void randomHistories_keepTheRules() {
        for (int seed = 0; seed < 5_000; seed++) {
            Random random = new Random(seed);
            List<Message> messages = Conversation.of(randomConversation(random));
            double share = 1 - random.nextDouble();
            int[] lengths = random.ints(messages.size(), 0, 500).toArray();

            Turns history = new Turns(messages, message -> lengths[indexOf(message, messages)]);
            int turns = history.oldestTurns(share);

            String what = "seed " + seed + ", share " + share + ": " + Conversation.inShort(messages);
            if (turns > 0) {
                assertCutIsRight(history, messages, turns, what);
                assertShare(history, messages, lengths, share, turns, what);
            } else {
                assertThat(possibleCuts(messages)).as(what).isEmpty();
            }
        }
    }

    private static void assertCutIsRight(Turns history, List<Message> messages, int turns, String what) {
        int cut = history.oldest(turns).size();
        assertThat(possibleCuts(messages)).as(what).contains(cut);
        List<Message> kept = messages.subList(cut, messages.size());
        assertThat(kept.get(0).getMessageType()).as(what).isEqualTo(MessageType.USER);
        assertThat(callIds(messages.subList(0, cut)))
                .as(what)
                .doesNotContainAnyElementsOf(responseIds(kept).isEmpty() ? Set.of("none") : responseIds(kept));
        assertThat(history.told(0, turns)).as(what).anyMatch(message -> message.getMessageType() == MessageType.USER);
        List<Message> all = new ArrayList<>(history.summarized(turns, "new"));
        all.addAll(kept);
        Turns after = new Turns(all, message -> 1);
        assertThat(after.summary()).as(what).contains("new");
        assertThat(all.stream().filter(TurnsTest::isSystem).toList())
                .as(what)
                .isEqualTo(messages.stream().filter(TurnsTest::isSystem).toList());
    }

    /** As many tokens as asked for or all but the newest turn, and not a turn more that has an answer. */
    private static void assertShare(
            Turns history, List<Message> messages, int[] lengths, double share, int turns, String what) {
        long total = told(history, messages, messages.size())
                .mapToLong(i -> lengths[i])
                .sum();
        long taken = tokens(history, messages, lengths, turns);
        boolean all = possibleCuts(messages).stream()
                .allMatch(cut -> cut <= history.oldest(turns).size());
        assertThat(taken >= share * total || all).as(what).isTrue();
        boolean answered = isAnswered(history.told(0, turns));
        assertThat(answered || all).as(what).isTrue();
        for (int fewer = turns - 1; fewer > 0; fewer--) {
            if (isAnswered(history.told(0, fewer))) {
                assertThat((double) tokens(history, messages, lengths, fewer))
                        .as(what)
                        .isLessThan(share * total);
            }
        }
    }

    private static boolean isAnswered(List<Message> told) {
        return told.get(told.size() - 1).getMessageType() != MessageType.USER;
    }

    private static long tokens(Turns history, List<Message> messages, int[] lengths, int turns) {
        return told(history, messages, history.oldest(turns).size())
                .mapToLong(i -> lengths[i])
                .sum();
    }

    /** The places of what is not a system message and not part of the summary, up to an end. */
    private static Stream<Integer> told(Turns history, List<Message> messages, int end) {
        int head = 0;
        while (head < messages.size() && isSystem(messages.get(head))) {
            head++;
        }
        int start = history.summary().isPresent() ? head + 2 : head;
        return Stream.iterate(start, i -> i < end, i -> i + 1).filter(i -> !isSystem(messages.get(i)));
    }

    /** The rules, written down once more and slowly: every place where a cut would be right. */
    private static List<Integer> possibleCuts(List<Message> messages) {
        int head = 0;
        while (head < messages.size() && isSystem(messages.get(head))) {
            head++;
        }
        int start = Summaries.at(head, messages).isPresent() ? head + 2 : head;
        List<Integer> cuts = new ArrayList<>();
        for (int cut = start + 1; cut < messages.size(); cut++) {
            List<Message> before = messages.subList(start, cut).stream()
                    .filter(m -> !isSystem(m))
                    .toList();
            if (messages.get(cut).getMessageType() != MessageType.USER
                    || before.stream().noneMatch(m -> m.getMessageType() == MessageType.USER)) {
                continue;
            }
            Set<String> parted = new HashSet<>(callIds(before));
            parted.retainAll(responseIds(messages.subList(cut, messages.size())));
            if (parted.isEmpty()) {
                cuts.add(cut);
            }
        }
        return cuts;
    }

    private static String randomConversation(Random random) {
        StringBuilder words = new StringBuilder();
        if (random.nextInt(4) == 0) {
            words.append("s0 ");
        }
        if (random.nextInt(3) == 0) {
            words.append("summary:old ");
        }
        List<Integer> open = new ArrayList<>();
        int length = random.nextInt(24);
        for (int i = 1; i <= length; i++) {
            switch (random.nextInt(open.isEmpty() ? 8 : 11)) {
                case 0, 1, 2 -> words.append("u").append(i);
                case 3, 4, 5 -> words.append("a").append(i);
                case 6 -> words.append("s").append(i);
                case 7 -> {
                    words.append("c").append(i);
                    open.add(i);
                }
                default -> words.append("r").append(open.remove(random.nextInt(open.size())));
            }
            words.append(' ');
        }
        return words.toString();
    }

    private static List<String> callIds(List<Message> messages) {
        return messages.stream()
                .filter(AssistantMessage.class::isInstance)
                .flatMap(message -> ((AssistantMessage) message).getToolCalls().stream())
                .map(AssistantMessage.ToolCall::id)
                .toList();
    }

    private static List<String> responseIds(List<Message> messages) {
        return messages.stream()
                .filter(ToolResponseMessage.class::isInstance)
                .flatMap(message -> ((ToolResponseMessage) message).getResponses().stream())
                .map(ToolResponseMessage.ToolResponse::id)
                .toList();
    }

    private static int indexOf(Message message, List<Message> messages) {
        for (int i = 0; i < messages.size(); i++) {
            if (messages.get(i) == message) {
                return i;
            }
        }
        throw new IllegalArgumentException(Objects.toString(message));
    }

    private static boolean isSystem(Message message) {
        return message.getMessageType() == MessageType.SYSTEM;
    }
}
