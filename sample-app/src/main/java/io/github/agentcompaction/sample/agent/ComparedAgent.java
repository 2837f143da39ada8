package io.github.agentcompaction.sample.agent;

import java.util.Optional;

/**
 * An agent for the page, which can compare: the real one and, for requests without coordination, one on copies of its
 * conversations. A copy is in this process only, and is kept until the real agent answers there in that session.
 */
public final class ComparedAgent {

    /** About what a token is in English; the embedded model counts like this, too. */
    private static final int CHARACTERS_PER_TOKEN = 4;

    private final String instruction;
    private final Agent agent;
    private final Agent uncoordinated;

    ComparedAgent(String instruction, Agent agent, Agent uncoordinated) {
        this.instruction = instruction;
        this.agent = agent;
        this.uncoordinated = uncoordinated;
    }

    public String name() {
        return agent.name();
    }

    /** Answers a message: in the conversation or, without coordination, in its copy. */
    public Answer answer(String sessionId, String text, int subtasks, boolean coordinated) throws InterruptedException {
        Conversations copies = uncoordinated.conversations();
        if (coordinated) {
            Answer answer = agent.answer(sessionId, text, subtasks);
            copies.clear(sessionId);
            return answer;
        }
        if (copies.read(sessionId).isEmpty()) {
            copies.copy(sessionId, agent.conversations());
        }
        return uncoordinated.answer(sessionId, text, subtasks);
    }

    /** {@return the conversation or, without coordination, its copy if there is one} */
    public Optional<Transcript> transcript(String sessionId, boolean coordinated) {
        Optional<Transcript> copy =
                coordinated ? Optional.empty() : uncoordinated.conversations().read(sessionId);
        return copy.or(() -> agent.conversations().read(sessionId));
    }

    /** {@return about how many tokens the model is sent before the next message} */
    public int tokens(Transcript transcript) {
        int characters = instruction.length() + transcript.sentLength();
        return (characters + CHARACTERS_PER_TOKEN - 1) / CHARACTERS_PER_TOKEN;
    }
}
