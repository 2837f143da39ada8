/**
 * Spring Boot auto-configuration: one {@link io.github.agentcompaction.SessionCompactionState} and, where there is a
 * {@link io.github.agentcompaction.Compactor}, one {@link io.github.agentcompaction.CompactionTemplate} for each agent
 * under {@code compaction.agents}. With {@code compaction-spring-ai}, also a chat memory, a compactor for all agents and an
 * advisor for each.
 */
@NullMarked
package io.github.agentcompaction.spring.boot.autoconfigure;

import org.jspecify.annotations.NullMarked;
