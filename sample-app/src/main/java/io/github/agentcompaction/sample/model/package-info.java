/** The model: an embedded one with a small window, unless a real one is configured. */
@NullMarked
package io.github.agentcompaction.sample.model;

import org.jspecify.annotations.NullMarked;
