/** Compaction for {@code spring-ai-session}: one summary for each overflow, which is not thrown away, and calls that go on. */
@NullMarked
package io.github.agentcompaction.springai.session;

import org.jspecify.annotations.NullMarked;
