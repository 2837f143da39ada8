package io.github.agentcompaction.springai;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.agentcompaction.springai.ToolResults.Age;
import io.github.agentcompaction.springai.ToolResults.Replaceable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage.ToolResponse;
import org.springframework.ai.chat.prompt.Prompt;

class ToolResultsTest {

    private static ToolResponse result(String id, int length) {
        return new ToolResponse(id, "look_up", "r".repeat(length));
    }

    /** Like {@link Conversation#of}; r1 and "r1+r2" are one message with results of 1,000 characters each. */
    private static Prompt prompt(String words) {
        List<Message> messages = new ArrayList<>();
        for (String word : words.split(" ")) {
            if (word.startsWith("r")) {
                messages.add(ToolResponseMessage.builder()
                        .responses(Stream.of(word.split("\\+"))
                                .map(result -> result(result.substring(1), 1_000))
                                .toList())
                        .metadata(Map.of("kept", true))
                        .build());
            } else {
                messages.addAll(Conversation.of(word));
            }
        }
        return new Prompt(messages);
    }

    private static List<String> ids(Prompt prompt, Age age) {
        return new ToolResults(prompt)
                .replaceable().stream()
                        .filter(result -> result.age() == age)
                        .map(Replaceable::response)
                        .map(ToolResponse::id)
                        .toList();
    }

    @Test
    void note_namesToolAndLength_asAStringInJson() {
        assertThat(ToolResults.note(result("1", 12_345)))
                .isEqualTo("\"[result of look_up removed, 12,345 characters]\"");
        assertThat(ToolResults.note(new ToolResponse("1", "a\"b\\c\n", "")))
                .isEqualTo("\"[result of a_b_c_ removed, 0 characters]\"");
    }

    @Test
    void replaceable_shorterThanTwoNotes_isNot() {
        int note = ToolResults.note(result("1", 90)).length();

        assertThat(new ToolResults(new Prompt(messages(2 * note - 1))).replaceable())
                .isEmpty();
        assertThat(new ToolResults(new Prompt(messages(2 * note))).replaceable())
                .hasSize(1);
    }

    private static List<Message> messages(int length) {
        return List.of(ToolResponseMessage.builder()
                .responses(List.of(result("1", length), result("2", 500), result("3", 500)))
                .build());
    }

    @ParameterizedTest
    @CsvSource({
        // the prompt, and what may go of old turns, of the running one, and of the newest round
        "'u1 c1 r1 c2 r2 c3 r3 c4 r4',            '',    1 2, ''",
        "'u1 c1 r1 a1 u2 c2 r2 c3 r3 c4 r4',      1,     2,   ''",
        "'u1 c1 r1 c2 r2 c3 r3 a1 u2',            1,     '',  ''",
        "'u1 c1 r1 c2 r2 c3 r3 u2 s1',            '',    1,   ''", // an advisor has added something
        "'s1 u1 c1 r1 s2 c2 r2+r3+r4+r5',         '',    1,   2 3",
        "'u1 c1 r1 a1 u2 c2 r2',                  '',    '',  ''",
        "'c1 r1 c2 r2 c3 r3',                     '',    1,   ''",
        "'u1 a1',                                 '',    '',  ''",
    })
    void replaceable_allButTheNewestTwo(String words, String old, String running, String unseen) {
        assertThat(String.join(" ", ids(prompt(words), Age.OLD_TURN))).isEqualTo(old);
        assertThat(String.join(" ", ids(prompt(words), Age.THIS_TURN))).isEqualTo(running);
        assertThat(String.join(" ", ids(prompt(words), Age.NOT_YET_SEEN))).isEqualTo(unseen);
    }

    @Test
    void replaceable_aNote_isNot() {
        Prompt noted = new Prompt(new ToolResults(prompt("u1 c1 r1 c2 r2 c3 r3")).withNotes(response -> true));

        assertThat(new ToolResults(noted).replaceable()).isEmpty();
    }

    @Test
    void withNotes_replacesTheResultOnly() {
        Prompt prompt = prompt("s1 u1 c1 r1+r2 c3 r3 c4 r4");

        List<Message> noted =
                new ToolResults(prompt).withNotes(response -> response.id().equals("2"));

        assertThat(Conversation.inShort(noted)).isEqualTo(Conversation.inShort(prompt.getInstructions()));
        ToolResponseMessage first = (ToolResponseMessage) noted.get(3);
        assertThat(first.getResponses())
                .containsExactly(
                        result("1", 1_000),
                        new ToolResponse("2", "look_up", "\"[result of look_up removed, 1,000 characters]\""));
        assertThat(first.getMetadata()).containsEntry("kept", true);
        assertThat(noted.get(5)).isSameAs(prompt.getInstructions().get(5));
    }

    @Test
    void withNotes_neverTheNewestTwo() {
        List<String> asked = new ArrayList<>();

        new ToolResults(prompt("u1 c1 r1 c2 r2+r3")).withNotes(response -> asked.add(response.id()));

        assertThat(asked).containsExactly("1");
    }
}
