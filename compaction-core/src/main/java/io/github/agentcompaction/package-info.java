/**
 * Coordination of session compaction for LLM agents.
 *
 * <p>Start with {@link io.github.agentcompaction.CompactionTemplate}, which a service calls around its model;
 * {@link io.github.agentcompaction.SessionCompactionState} holds what it coordinates: the lock of each session and the
 * summaries that wait for the end of an answer.
 */
@NullMarked
package io.github.agentcompaction;

import org.jspecify.annotations.NullMarked;
