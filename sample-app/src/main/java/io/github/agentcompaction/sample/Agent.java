package io.github.agentcompaction.sample;

import io.github.agentcompaction.sample.Conversations.Transcript;
import io.github.agentcompaction.springai.ChatMemoryCompactor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
 * An agent: it answers the user's messages, and lets subtasks work on a message in parallel first. Whoever watches is told
 * what each task is doing.
 *
 * <p>There is nothing about compaction here: the {@link Talk} sees to it.
 */
final class Agent {

    /** Roughly, in English; the embedded model counts like this, too. */
    private static final int CHARACTERS_PER_TOKEN = 4;

    private final String name;
    private final String instruction;
    private final Talk talk;
    private final Talk uncoordinated;
    private final TaskEvents events;
    private final ExecutorService subtaskThreads;

    Agent(
            String name,
            String instruction,
            Talk talk,
            Talk uncoordinated,
            TaskEvents events,
            ExecutorService subtaskThreads) {
        this.name = name;
        this.instruction = instruction;
        this.talk = talk;
        this.uncoordinated = uncoordinated;
        this.events = events;
        this.subtaskThreads = subtaskThreads;
    }

    String name() {
        return name;
    }

    /** Answers a message. The conversation gets the whole turn or, if something fails, none of it. */
    Answer answer(String sessionId, String text, int subtasks) throws InterruptedException {
        Answer answer = answer(talk, sessionId, text, subtasks);
        uncoordinated.conversations().clear(sessionId); // the copy is out of date now
        return answer;
    }

    /**
     * Answers a message as if there were no coordination, on a copy of the conversation. The copy is kept until the next
     * message is answered with coordination.
     */
    Answer answerUncoordinated(String sessionId, String text, int subtasks) throws InterruptedException {
        if (uncoordinated.conversations().read(sessionId).isEmpty()) {
            uncoordinated.conversations().copy(sessionId, talk.conversations());
        }
        return answer(uncoordinated, sessionId, text, subtasks);
    }

    Optional<Transcript> transcript(String sessionId) {
        return talk.conversations().read(sessionId);
    }

    /** {@return the copy that is worked on without coordination, or the original if there is none at the moment} */
    Optional<Transcript> uncoordinatedTranscript(String sessionId) {
        return uncoordinated.conversations().read(sessionId).or(() -> transcript(sessionId));
    }

    /** {@return about how long the prompt is, in tokens, before the next message} */
    int tokens(Transcript transcript) {
        int characters = Stream.concat(
                                transcript.kept().stream().map(Message::getText),
                                transcript
                                        .summary()
                                        .map(summary -> ChatMemoryCompactor.SUMMARY_REQUEST + summary)
                                        .stream())
                        .mapToInt(text -> text == null ? 0 : text.length())
                        .sum()
                + instruction.length();
        return (characters + CHARACTERS_PER_TOKEN - 1) / CHARACTERS_PER_TOKEN;
    }

    private Answer answer(Talk talk, String sessionId, String text, int subtasks) throws InterruptedException {
        try (Run run = events.begin(new SessionKey(name, sessionId), subtasks, talk == this.talk)) {
            List<Talk.Reply> findings = runSubtasks(talk, run, sessionId, text, subtasks);
            Talk.Reply reply = run.lane(0).work(() -> talk.ask(sessionId, withFindings(text, findings), false));
            Answer answer = new Answer(
                    reply.text(), findings.stream().map(Talk.Reply::text).toList(), summaries(findings, reply));
            talk.conversations().append(sessionId, turn(text, answer));
            return answer;
        }
    }

    private List<Talk.Reply> runSubtasks(Talk talk, Run run, String sessionId, String text, int count)
            throws InterruptedException {
        List<Callable<Talk.Reply>> subtasks = IntStream.rangeClosed(1, count)
                .<Callable<Talk.Reply>>mapToObj(number -> () -> run.lane(number)
                        .work(() -> talk.ask(sessionId, "Subtask " + number + " of " + count + ": " + text, true)))
                .toList();
        List<Talk.Reply> findings = new ArrayList<>();
        for (Future<Talk.Reply> subtask : subtaskThreads.invokeAll(subtasks)) {
            findings.add(result(subtask));
        }
        return findings;
    }

    private static Talk.Reply result(Future<Talk.Reply> subtask) throws InterruptedException {
        try {
            return subtask.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException("A subtask failed.", e.getCause());
        }
    }

    private static String withFindings(String text, List<Talk.Reply> findings) {
        return findings.isEmpty()
                ? text
                : text + "\n\nFindings of the subtasks:\n"
                        + String.join(
                                "\n", findings.stream().map(Talk.Reply::text).toList());
    }

    private static List<String> summaries(List<Talk.Reply> findings, Talk.Reply reply) {
        List<String> summaries = new ArrayList<>();
        findings.forEach(finding -> summaries.addAll(finding.summaries()));
        summaries.addAll(reply.summaries());
        return summaries;
    }

    private static List<Message> turn(String text, Answer answer) {
        List<Message> turn = new ArrayList<>();
        turn.add(new UserMessage(text));
        answer.findings().forEach(finding -> turn.add(new AssistantMessage(finding)));
        turn.add(new AssistantMessage(answer.text()));
        return turn;
    }

    /**
     * What the user gets.
     *
     * @param text the answer
     * @param findings the subtasks' answers, in their order
     * @param summaries the summaries of earlier messages since the last answer; with coordination one at most
     */
    record Answer(String text, List<String> findings, List<String> summaries) {}
}
