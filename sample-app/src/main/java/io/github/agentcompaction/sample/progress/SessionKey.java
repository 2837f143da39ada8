package io.github.agentcompaction.sample.progress;

/**
 * One session of one agent. Agents share nothing: the same id with another agent is another conversation.
 *
 * @param agent the agent's name
 * @param sessionId the session's id
 */
public record SessionKey(String agent, String sessionId) {}
