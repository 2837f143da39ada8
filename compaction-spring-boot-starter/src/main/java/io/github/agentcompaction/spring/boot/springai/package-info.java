/**
 * Auto-configuration for Spring AI, where {@code compaction-spring-ai} is on the class path: a chat memory, a compactor for
 * all agents, an advisor for each, and the session service of spring-ai-session.
 */
@NullMarked
package io.github.agentcompaction.spring.boot.springai;

import org.jspecify.annotations.NullMarked;
