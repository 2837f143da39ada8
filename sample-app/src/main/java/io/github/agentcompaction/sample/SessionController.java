package io.github.agentcompaction.sample;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.github.agentcompaction.sample.Conversations.Transcript;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.messages.Message;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** The web interface: talk to an agent in a session, and read what was said. */
@RestController
@RequestMapping("/sessions/{id}")
class SessionController {

    private static final int MAX_SUBTASKS = 32;

    private final Agents agents;
    private final int contextWindow;

    SessionController(Agents agents, @Value("${sample.context-window}") int contextWindow) {
        this.agents = agents;
        this.contextWindow = contextWindow;
    }

    @PostMapping("/messages")
    Reply send(@PathVariable String id, @RequestBody Request request) throws InterruptedException {
        Agent agent = agents.get(request.agent());
        Agents.requireValidId(id);
        String text = request.text();
        if (text == null || text.isBlank()) {
            throw new BadRequestException("'text' must not be blank: it is the message to the agent.");
        }
        if (text.indexOf('\0') >= 0) {
            throw new BadRequestException(
                    "'text' must not contain the character U+0000: not every database can keep it.");
        }
        int subtasks = request.subtasks() == null ? 0 : request.subtasks();
        if (subtasks < 0 || subtasks > MAX_SUBTASKS) {
            throw new BadRequestException(
                    "'subtasks' must be between 0 and %d, but was %d.".formatted(MAX_SUBTASKS, subtasks));
        }
        if (Boolean.FALSE.equals(request.coordinated())) {
            Agent.Answer answer = agent.answerUncoordinated(id, text, subtasks);
            return new Reply(answer.text(), answer.findings(), null, notices(answer));
        }
        Agent.Answer answer = agent.answer(id, text, subtasks);
        return new Reply(
                answer.text(),
                answer.findings(),
                notices(answer).stream().findFirst().orElse(null),
                null);
    }

    private static List<String> notices(Agent.Answer answer) {
        return answer.summaries().stream()
                .map(summary -> "Earlier messages were summarized: " + summary)
                .toList();
    }

    @GetMapping
    Conversation read(
            @PathVariable String id,
            @RequestParam(defaultValue = Agents.DEFAULT) String agent,
            @RequestParam(defaultValue = "true") boolean coordinated) {
        Agent reader = agents.get(agent);
        Agents.requireValidId(id);
        Transcript transcript = (coordinated ? reader.transcript(id) : reader.uncoordinatedTranscript(id))
                .orElseThrow(() -> new UnknownSessionException(id, agent));
        List<Said> messages = new ArrayList<>();
        transcript.summarized().forEach(message -> messages.add(said(message, true)));
        transcript.summary().ifPresent(summary -> messages.add(new Said("summary", summary, false)));
        transcript.kept().forEach(message -> messages.add(said(message, false)));
        return new Conversation(id, agent, messages, new Context(reader.tokens(transcript), contextWindow));
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
     * @param coordinated whether the compactions of its tasks are coordinated, as they are if not given; if not, they work
     *     on a copy of the conversation
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
     * @param notices what the tasks have to say without coordination, each for itself
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Reply(
            String answer,
            List<String> subtasks,
            @Nullable String notice,
            @Nullable List<String> notices) {}

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
