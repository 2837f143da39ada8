/** Micrometer meters of the agents. */
@NullMarked
package io.github.agentcompaction.spring.boot.metrics;

import org.jspecify.annotations.NullMarked;
