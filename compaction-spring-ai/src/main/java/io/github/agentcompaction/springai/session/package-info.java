/** Compaction for {@code spring-ai-session}: one summary for each overflow, and no paid summary is thrown away. */
@NullMarked
package io.github.agentcompaction.springai.session;

import org.jspecify.annotations.NullMarked;
