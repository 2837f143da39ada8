package io.github.agentcompaction.sample.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.github.agentcompaction.sample.agent.Answer;
import io.github.agentcompaction.sample.agent.ComparedAgent;
import io.github.agentcompaction.sample.agent.Transcript;
import io.github.agentcompaction.sample.progress.Replica;
import io.github.agentcompaction.sample.progress.SessionKey;
import io.github.agentcompaction.sample.progress.TaskEvents;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.messages.Message;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** The web interface: talk to an agent in a session, read what was said, and watch the tasks. */
@RestController
@RequestMapping("/sessions/{id}")
class SessionController {

    private static final int MAX_SUBTASKS = 32;
    private static final int MAX_ID_LENGTH = 100;

    private final Agents agents;
    private final TaskEvents events;
    private final Replica replica;
    private final int contextWindow;

    SessionController(
            Agents agents, TaskEvents events, Replica replica, @Value("${sample.context-window}") int contextWindow) {
        this.agents = agents;
        this.events = events;
        this.replica = replica;
        this.contextWindow = contextWindow;
    }

    @PostMapping("/messages")
    Reply send(@PathVariable String id, @RequestBody Request request) throws InterruptedException {
        ComparedAgent agent = agents.get(request.agent());
        requireValidId(id);
        String text = request.text();
        if (text == null || text.isBlank()) {
            throw badRequest("'text' must not be blank: it is the message to the agent.");
        }
        if (text.indexOf('\0') >= 0) {
            throw badRequest("'text' must not contain the character U+0000: not every database can keep it.");
        }
        int subtasks = request.subtasks() == null ? 0 : request.subtasks();
        if (subtasks < 0 || subtasks > MAX_SUBTASKS) {
            throw badRequest("'subtasks' must be between 0 and %d, but was %d.".formatted(MAX_SUBTASKS, subtasks));
        }
        boolean coordinated = !Boolean.FALSE.equals(request.coordinated());
        return Reply.of(agent.answer(id, text, subtasks, coordinated), coordinated, replica.name());
    }

    @GetMapping
    Conversation read(
            @PathVariable String id,
            @RequestParam(defaultValue = Agents.DEFAULT) String agent,
            @RequestParam(defaultValue = "true") boolean coordinated) {
        ComparedAgent reader = agents.get(agent);
        requireValidId(id);
        Transcript transcript = reader.transcript(id, coordinated)
                .orElseThrow(() -> new ResponseStatusException(
                        HttpStatus.NOT_FOUND, "The agent " + agent + " has no session " + id + " yet."));
        List<Said> messages = new ArrayList<>();
        transcript.summarized().forEach(message -> messages.add(said(message, true)));
        transcript.summary().ifPresent(summary -> messages.add(new Said("summary", summary, false)));
        transcript.kept().forEach(message -> messages.add(said(message, false)));
        return new Conversation(id, agent, messages, new Context(reader.tokens(transcript), contextWindow));
    }

    @GetMapping(path = "/events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    SseEmitter events(@PathVariable String id, @RequestParam(defaultValue = Agents.DEFAULT) String agent) {
        String name = agents.get(agent).name();
        requireValidId(id);
        return events.listen(new SessionKey(name, id));
    }

    private static void requireValidId(String id) {
        if (id.isBlank() || id.length() > MAX_ID_LENGTH) {
            throw badRequest(
                    "The session's id must have 1 to %d characters and not be blank.".formatted(MAX_ID_LENGTH));
        }
    }

    private static ResponseStatusException badRequest(String detail) {
        return new ResponseStatusException(HttpStatus.BAD_REQUEST, detail);
    }

    private static Said said(Message message, boolean summarized) {
        String text = message.getText();
        return new Said(message.getMessageType().getValue(), text == null ? "" : text, summarized);
    }

    /**
     * A message to an agent.
     *
     * @param text the message
     * @param subtasks how many subtasks work on it in parallel; none if not given
     * @param agent the agent's name; the planner if not given
     * @param coordinated whether the compactions of its tasks are coordinated; yes if not given. Without coordination the
     *     tasks work on a copy of the conversation
     */
    record Request(
            @Nullable String text,
            @Nullable Integer subtasks,
            @Nullable String agent,
            @Nullable Boolean coordinated) {}

    /**
     * The answer to a message.
     *
     * @param answer the answer
     * @param subtasks the subtasks' answers
     * @param notice what to show after the answer, if earlier messages were summarized
     * @param notices without coordination, the notice of each task that had earlier messages summarized
     * @param replica the process that has answered, if there are several
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Reply(
            String answer,
            List<String> subtasks,
            @Nullable String notice,
            @Nullable List<String> notices,
            @Nullable String replica) {

        static Reply of(Answer answer, boolean coordinated, @Nullable String replica) {
            List<String> notices = answer.summaries().stream()
                    .map(summary -> "Earlier messages were summarized: " + summary)
                    .toList();
            return coordinated
                    ? new Reply(
                            answer.text(),
                            answer.findings(),
                            notices.stream().findFirst().orElse(null),
                            null,
                            replica)
                    : new Reply(answer.text(), answer.findings(), null, notices, replica);
        }
    }

    /**
     * All that was said in a session.
     *
     * @param session the session's id
     * @param agent the agent's name
     * @param messages the messages, oldest first
     * @param context how much of it the model is sent
     */
    record Conversation(String session, String agent, List<Said> messages, Context context) {}

    /**
     * How full the model's window is before the next message.
     *
     * @param tokens about how many tokens the model is sent, at four characters each
     * @param window how many it takes
     */
    record Context(int tokens, int window) {}

    /**
     * One message.
     *
     * @param role {@code user}, {@code assistant} or {@code summary}
     * @param text the text
     * @param summarized whether the model is sent a summary in its place
     */
    record Said(String role, String text, boolean summarized) {}
}
