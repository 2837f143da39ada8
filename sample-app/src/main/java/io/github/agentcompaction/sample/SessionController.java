package io.github.agentcompaction.sample;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.github.agentcompaction.sample.ConversationStore.Transcript;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.messages.Message;
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

    private static final String DEFAULT_AGENT = "planner";
    private static final int MAX_SUBTASKS = 16;
    private static final int MAX_ID_LENGTH = 100;

    private final Map<String, Agent> agents;

    SessionController(List<Agent> agents) {
        this.agents = agents.stream().collect(Collectors.toMap(Agent::name, Function.identity()));
    }

    @PostMapping("/messages")
    Reply send(@PathVariable String id, @RequestBody Request request) throws InterruptedException {
        Agent agent = agent(request.agent());
        requireValidId(id);
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
        Agent.Answer answer = agent.answer(id, text, subtasks);
        return new Reply(
                answer.text(),
                answer.findings(),
                answer.summary()
                        .map(summary -> "Earlier messages were summarized: " + summary)
                        .orElse(null));
    }

    @GetMapping
    Conversation read(@PathVariable String id, @RequestParam(defaultValue = DEFAULT_AGENT) String agent) {
        Agent reader = agent(agent);
        requireValidId(id);
        Transcript transcript = reader.transcript(id).orElseThrow(() -> new UnknownSessionException(id, agent));
        List<Said> messages = new ArrayList<>();
        transcript.archived().forEach(message -> messages.add(said(message, true)));
        transcript.context().forEach(message -> messages.add(said(message, false)));
        return new Conversation(id, agent, messages);
    }

    private Agent agent(@Nullable String name) {
        Agent agent = agents.get(name == null ? DEFAULT_AGENT : name);
        if (agent == null) {
            String known =
                    agents.keySet().stream().sorted(Comparator.naturalOrder()).collect(Collectors.joining(", "));
            throw new BadRequestException("'agent' must be one of: " + known + ".");
        }
        return agent;
    }

    private static void requireValidId(String id) {
        if (id.isBlank() || id.length() > MAX_ID_LENGTH) {
            throw new BadRequestException(
                    "The session's id must have 1 to %d characters and not be blank.".formatted(MAX_ID_LENGTH));
        }
    }

    private static Said said(Message message, boolean summarized) {
        String role = switch (message.getMessageType()) {
            case SYSTEM -> "summary";
            default -> message.getMessageType().getValue();
        };
        String text = message.getText();
        return new Said(role, text == null ? "" : text, summarized);
    }

    /**
     * A message to an agent.
     *
     * @param text the message
     * @param subtasks how many subtasks work on it in parallel; none if not given
     * @param agent the agent's name; the planner if not given
     */
    record Request(
            @Nullable String text,
            @Nullable Integer subtasks,
            @Nullable String agent) {}

    /**
     * The answer to a message.
     *
     * @param answer the answer
     * @param subtasks the subtasks' answers
     * @param notice what to show after the answer, if earlier messages were summarized
     */
    record Reply(
            String answer,
            List<String> subtasks,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            String notice) {}

    /**
     * All that was said in a session.
     *
     * @param session the session's id
     * @param agent the agent's name
     * @param messages the messages, oldest first
     */
    record Conversation(String session, String agent, List<Said> messages) {}

    /**
     * One message.
     *
     * @param role {@code user}, {@code assistant} or {@code summary}
     * @param text the text
     * @param summarized whether the model is sent a summary in its place
     */
    record Said(String role, String text, boolean summarized) {}
}
