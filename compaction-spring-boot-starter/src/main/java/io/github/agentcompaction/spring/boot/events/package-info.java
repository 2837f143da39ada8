/** Application events that tell when a session is being compacted, and when no more. */
@NullMarked
package io.github.agentcompaction.spring.boot.events;

import org.jspecify.annotations.NullMarked;
