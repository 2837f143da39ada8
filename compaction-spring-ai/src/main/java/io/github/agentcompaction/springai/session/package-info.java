/** Compaction for {@code spring-ai-session}: one summary for each overflow, and none that is paid for and thrown away. */
@NullMarked
package io.github.agentcompaction.springai.session;

import org.jspecify.annotations.NullMarked;
