/** A runnable agent service: two agents, a database, a model, and a compaction that is called by hand. */
@NullMarked
package io.github.agentcompaction.sample;

import org.jspecify.annotations.NullMarked;
