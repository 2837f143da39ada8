/** The agents: their compactors and advisors, the advised call, and the conversations. */
@NullMarked
package io.github.agentcompaction.sample.agent;

import org.jspecify.annotations.NullMarked;
