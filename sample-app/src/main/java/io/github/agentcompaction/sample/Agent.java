package io.github.agentcompaction.sample;

import io.github.agentcompaction.CompactedReply;
import io.github.agentcompaction.CompactionTemplate;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.UserMessage;

/**
 * An agent: it answers the user's messages, and lets subtasks work on a message in parallel first.
 *
 * <p>The compaction is all in two calls of the {@link CompactionTemplate}: {@code executeSubtask} around a subtask's call
 * of the model, and {@code execute} around the answer's. If the conversation is too long for the model, one of the tasks
 * has it summarized, all of them try again, and the summary comes out after the answer.
 */
final class Agent {

    private final String name;
    private final String instruction;
    private final CompactionTemplate template;
    private final ConversationStore store;
    private final ChatClient model;
    private final ExecutorService subtaskThreads;

    Agent(
            String instruction,
            CompactionTemplate template,
            ConversationStore store,
            ChatClient model,
            ExecutorService subtaskThreads) {
        this.name = template.state().agent();
        this.instruction = instruction;
        this.template = template;
        this.store = store;
        this.model = model;
        this.subtaskThreads = subtaskThreads;
    }

    String name() {
        return name;
    }

    /** Answers a message. The conversation gets the whole turn or, if something fails, none of it. */
    Answer answer(String sessionId, String text, int subtasks) throws InterruptedException {
        SessionKey key = new SessionKey(name, sessionId);
        List<String> findings = runSubtasks(key, text, subtasks);
        CompactedReply<String> reply = template.execute(sessionId, () -> {
            String answer =
                    ask(key, withFindings(text, findings)); // reads the history, so that a second try reads it anew
            store.append(key, turn(text, findings, answer));
            return answer;
        });
        return new Answer(reply.value(), findings, reply.summary());
    }

    Optional<ConversationStore.Transcript> transcript(String sessionId) {
        return store.transcript(new SessionKey(name, sessionId));
    }

    private List<String> runSubtasks(SessionKey key, String text, int count) throws InterruptedException {
        List<Callable<String>> subtasks = IntStream.rangeClosed(1, count)
                .<Callable<String>>mapToObj(number -> () -> template.executeSubtask(
                        key.sessionId(), () -> ask(key, "Subtask " + number + " of " + count + ": " + text)))
                .toList();
        List<String> findings = new ArrayList<>();
        for (Future<String> subtask : subtaskThreads.invokeAll(subtasks)) {
            findings.add(result(subtask));
        }
        return findings;
    }

    private static String result(Future<String> subtask) throws InterruptedException {
        try {
            return subtask.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException("A subtask failed.", e.getCause());
        }
    }

    /** Calls the model with the conversation as it is now, and a question. */
    private String ask(SessionKey key, String question) {
        List<Message> prompt = new ArrayList<>();
        prompt.add(new SystemMessage(instruction));
        prompt.addAll(store.context(key));
        prompt.add(new UserMessage(question));
        return Objects.requireNonNullElse(model.prompt().messages(prompt).call().content(), "");
    }

    private static String withFindings(String text, List<String> findings) {
        return findings.isEmpty() ? text : text + "\n\nFindings of the subtasks:\n" + String.join("\n", findings);
    }

    private static List<Message> turn(String text, List<String> findings, String answer) {
        List<Message> turn = new ArrayList<>();
        turn.add(new UserMessage(text));
        findings.forEach(finding -> turn.add(new AssistantMessage(finding)));
        turn.add(new AssistantMessage(answer));
        return turn;
    }

    /**
     * What the user gets.
     *
     * @param text the answer
     * @param findings the subtasks' answers, in their order
     * @param summary the summary, if the conversation was summarized since the last answer
     */
    record Answer(String text, List<String> findings, Optional<String> summary) {}
}
