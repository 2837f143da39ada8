package io.github.agentcompaction.sample.agent;

import io.github.agentcompaction.sample.agent.ModelCall.Reply;
import io.github.agentcompaction.sample.progress.Run;
import io.github.agentcompaction.sample.progress.SessionKey;
import io.github.agentcompaction.sample.progress.TaskEvents;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.UserMessage;

/**
 * An agent: subtasks work on the user's message in parallel, then it answers with what they found.
 *
 * <p>There is nothing about compaction here: the {@link ModelCall} does that.
 */
final class Agent {

    private final String name;
    private final boolean coordinated;
    private final ModelCall call;
    private final Conversations conversations;
    private final TaskEvents events;
    private final ExecutorService subtaskThreads;

    Agent(
            String name,
            boolean coordinated,
            ModelCall call,
            Conversations conversations,
            TaskEvents events,
            ExecutorService subtaskThreads) {
        this.name = name;
        this.coordinated = coordinated;
        this.call = call;
        this.conversations = conversations;
        this.events = events;
        this.subtaskThreads = subtaskThreads;
    }

    String name() {
        return name;
    }

    Conversations conversations() {
        return conversations;
    }

    /** Answers a message. The conversation gets the whole turn or, if something fails, none of it. */
    Answer answer(String sessionId, String text, int subtasks) throws InterruptedException {
        try (Run run = events.begin(new SessionKey(name, sessionId), subtasks, coordinated)) {
            List<Reply> replies = runSubtasks(run, sessionId, text, subtasks);
            List<String> findings = replies.stream().map(Reply::text).toList();
            Reply reply = run.lane(0).work(() -> call.ask(sessionId, withFindings(text, findings), false));
            conversations.append(sessionId, turn(text, findings, reply.text()));
            List<String> summaries = Stream.concat(replies.stream(), Stream.of(reply))
                    .flatMap(each -> each.summaries().stream())
                    .toList();
            return new Answer(reply.text(), findings, summaries);
        }
    }

    private List<Reply> runSubtasks(Run run, String sessionId, String text, int count) throws InterruptedException {
        List<Callable<Reply>> subtasks = IntStream.rangeClosed(1, count)
                .<Callable<Reply>>mapToObj(number -> () -> run.lane(number)
                        .work(() -> call.ask(sessionId, "Subtask " + number + " of " + count + ": " + text, true)))
                .toList();
        List<Reply> replies = new ArrayList<>();
        for (Future<Reply> subtask : subtaskThreads.invokeAll(subtasks)) {
            replies.add(result(subtask));
        }
        return replies;
    }

    private static Reply result(Future<Reply> subtask) throws InterruptedException {
        try {
            return subtask.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException("A subtask failed.", e.getCause());
        }
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
}
