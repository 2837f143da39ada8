/** A timer for the modules of this library; no part of its API. */
@NullMarked
package io.github.agentcompaction.timing;

import org.jspecify.annotations.NullMarked;
