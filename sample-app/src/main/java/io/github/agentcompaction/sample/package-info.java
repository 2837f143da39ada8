/** A runnable agent service: two agents, a page, a database, and a model that is soon too small. */
@NullMarked
package io.github.agentcompaction.sample;

import org.jspecify.annotations.NullMarked;
