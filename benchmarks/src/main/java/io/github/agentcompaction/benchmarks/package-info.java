/** What the locks and summaries cost, each figure against a reference of the same run. */
@NullMarked
package io.github.agentcompaction.benchmarks;

import org.jspecify.annotations.NullMarked;
