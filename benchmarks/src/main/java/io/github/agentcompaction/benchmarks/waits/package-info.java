/** How long turns of one long session wait for its summaries. */
@NullMarked
package io.github.agentcompaction.benchmarks.waits;

import org.jspecify.annotations.NullMarked;
