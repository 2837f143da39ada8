/** The Actuator endpoint {@code compaction} and the health of the agents. */
@NullMarked
package io.github.agentcompaction.spring.boot.actuate;

import org.jspecify.annotations.NullMarked;
