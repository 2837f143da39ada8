package io.github.agentcompaction.sample.agent;

import java.util.Optional;

/**
 * An agent for the page, which can compare: the real one and, for requests without coordination, one on copies of its
 * conversations. A copy is kept until the real agent answers in that session.
 */
public final class ComparedAgent {

    /** About what a token is in English; the embedded model counts like this, too. */
    private static final int CHARACTERS_PER_TOKEN = 4;

    private final String name;
    private final String instruction;
    private final Agent agent;
    private final Conversations conversations;
    private final Agent uncoordinated;
    private final Conversations copies;

    ComparedAgent(
            String name,
            String instruction,
            Agent agent,
            Conversations conversations,
            Agent uncoordinated,
            Conversations copies) {
        this.name = name;
        this.instruction = instruction;
        this.agent = agent;
        this.conversations = conversations;
        this.uncoordinated = uncoordinated;
        this.copies = copies;
    }

    public String name() {
        return name;
    }

    /** Answers a message: in the conversation or, without coordination, in its copy. */
    public Answer answer(String sessionId, String text, int subtasks, boolean coordinated) throws InterruptedException {
        if (coordinated) {
            Answer answer = agent.answer(sessionId, text, subtasks);
            copies.clear(sessionId);
            return answer;
        }
        if (copies.read(sessionId).isEmpty()) {
            copies.copy(sessionId, conversations);
        }
        return uncoordinated.answer(sessionId, text, subtasks);
    }

    /** {@return the conversation or, without coordination, its copy if there is one at the moment} */
    public Optional<Transcript> transcript(String sessionId, boolean coordinated) {
        Optional<Transcript> copy = coordinated ? Optional.empty() : copies.read(sessionId);
        return copy.or(() -> conversations.read(sessionId));
    }

    /** {@return about how many tokens the model is sent before the next message} */
    public int tokens(Transcript transcript) {
        int characters = instruction.length() + transcript.sentLength();
        return (characters + CHARACTERS_PER_TOKEN - 1) / CHARACTERS_PER_TOKEN;
    }
}
