/** The web interface: messages in, answers and events out. */
@NullMarked
package io.github.agentcompaction.sample.web;

import org.jspecify.annotations.NullMarked;
