/**
 * Spring Boot auto-configuration: one {@link io.github.agentcompaction.SessionCompactionState} and, where there is a
 * {@link io.github.agentcompaction.Compactor}, one {@link io.github.agentcompaction.CompactionTemplate} for each agent
 * under {@code compaction.agents}.
 */
@NullMarked
package io.github.agentcompaction.spring.boot.autoconfigure;

import org.jspecify.annotations.NullMarked;
