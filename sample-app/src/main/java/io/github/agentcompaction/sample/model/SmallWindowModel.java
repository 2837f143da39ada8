package io.github.agentcompaction.sample.model;

import io.github.agentcompaction.springai.ChatMemoryCompactor;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.springframework.stereotype.Component;

/**
 * A language model with a very small window and no knowledge: it answers from the conversation that it is sent.
 *
 * <p>An answer quotes the question and tells how many messages came before it. When it is asked for a summary in the words
 * of the {@link ChatMemoryCompactor}, it quotes the beginning of each of the user's messages. The same conversation always
 * gets the same answer.
 */
@Component
class SmallWindowModel {

    /** The window, in tokens. */
    static final int WINDOW = 2_000;

    /** A token is taken to be four characters, roughly what it is in English text for a real model. */
    private static final int CHARACTERS_PER_TOKEN = 4;

    private static final int QUOTE_LENGTH = 60;

    /** A summary does not grow with the conversation: about 200 tokens. */
    private static final int SUMMARY_LENGTH = 800;

    private static final Pattern EARLIER_SUMMARY =
            Pattern.compile("<earlier-summary>\\n(.*?)\\n</earlier-summary>", Pattern.DOTALL);
    private static final Pattern USER_MESSAGE = Pattern.compile("^User: (.*)$", Pattern.MULTILINE);

    /**
     * Answers a conversation.
     *
     * @throws WindowExceededException if the conversation is longer than the window
     */
    String answer(List<Turn> conversation) {
        int tokens = tokens(conversation);
        if (tokens > WINDOW) {
            throw new WindowExceededException(tokens);
        }
        return asksForSummary(conversation) ? summary(conversation) : reply(conversation);
    }

    /** {@return the length of a conversation in tokens} */
    static int tokens(List<Turn> conversation) {
        int characters =
                conversation.stream().mapToInt(turn -> turn.content().length()).sum();
        return (characters + CHARACTERS_PER_TOKEN - 1) / CHARACTERS_PER_TOKEN;
    }

    static boolean asksForSummary(List<Turn> conversation) {
        return !conversation.isEmpty()
                && (last(conversation).content().startsWith(ChatMemoryCompactor.DEFAULT_PROMPT)
                        || goesOn(conversation));
    }

    /** Whether it is asked for a summary of the messages before, and not of a transcript. */
    private static boolean goesOn(List<Turn> conversation) {
        return last(conversation).content().equals(ChatMemoryCompactor.DEFAULT_CONTINUATION_PROMPT);
    }

    private static String reply(List<Turn> conversation) {
        List<Turn> said = withoutInstruction(conversation);
        if (said.isEmpty()) {
            return "You have not said anything yet.";
        }
        int before = said.size() - 1;
        boolean summarized = before > 1 && said.get(0).content().equals(ChatMemoryCompactor.SUMMARY_REQUEST);
        return "On \"%s\": I read %s before it."
                .formatted(
                        quote(last(said).content()),
                        summarized ? "a summary and " + messages(before - 2) : messages(before));
    }

    private static String messages(int count) {
        return count == 1 ? "1 message" : count + " messages";
    }

    private static String summary(List<Turn> conversation) {
        String asked = goesOn(conversation)
                ? transcript(conversation)
                : last(conversation).content();
        List<String> told = new ArrayList<>();
        Matcher earlier = EARLIER_SUMMARY.matcher(asked);
        if (earlier.find()) {
            told.add(earlier.group(1));
        }
        USER_MESSAGE
                .matcher(asked)
                .results()
                .map(said -> "The user said \"" + quote(said.group(1)) + "\".")
                .forEach(told::add);
        String summary = told.isEmpty() ? "The user said nothing." : String.join(" ", told);
        return summary.length() <= SUMMARY_LENGTH
                ? summary
                : "..." + summary.substring(summary.length() - SUMMARY_LENGTH + 3);
    }

    private static String transcript(List<Turn> conversation) {
        List<Turn> said = withoutInstruction(conversation.subList(0, conversation.size() - 1));
        StringBuilder transcript = new StringBuilder();
        int from = 0;
        if (said.size() > 1 && said.get(0).content().equals(ChatMemoryCompactor.SUMMARY_REQUEST)) {
            transcript
                    .append("<earlier-summary>\n")
                    .append(said.get(1).content())
                    .append("\n</earlier-summary>\n");
            from = 2;
        }
        for (Turn turn : said.subList(from, said.size())) {
            transcript
                    .append(turn.is("user") ? "User: " : "Assistant: ")
                    .append(turn.content())
                    .append('\n');
        }
        return transcript.toString();
    }

    private static Turn last(List<Turn> conversation) {
        return conversation.get(conversation.size() - 1);
    }

    private static List<Turn> withoutInstruction(List<Turn> conversation) {
        boolean instructed = !conversation.isEmpty() && conversation.get(0).is("system");
        return conversation.subList(instructed ? 1 : 0, conversation.size());
    }

    private static String quote(String text) {
        String line = text.strip().lines().findFirst().orElse("");
        return line.length() <= QUOTE_LENGTH ? line : line.substring(0, QUOTE_LENGTH - 3) + "...";
    }

    /**
     * One message of a conversation.
     *
     * @param role {@code system}, {@code user} or {@code assistant}
     * @param content the text
     */
    record Turn(String role, String content) {

        boolean is(String role) {
            return this.role.equals(role);
        }
    }

    /** Thrown when a conversation is longer than the window, in the words of OpenAI. */
    static final class WindowExceededException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        WindowExceededException(int tokens) {
            super(
                    "This model's maximum context length is %d tokens. However, your messages resulted in %d tokens. Please reduce the length of the messages."
                            .formatted(WINDOW, tokens));
        }
    }
}
