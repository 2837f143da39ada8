package io.github.agentcompaction.sample.agent;

import java.util.List;

/**
 * What the user gets for a message.
 *
 * @param text the answer
 * @param findings the subtasks' answers, in their order
 * @param summaries the summaries of earlier messages since the last answer; with coordination one at most
 */
public record Answer(String text, List<String> findings, List<String> summaries) {}
