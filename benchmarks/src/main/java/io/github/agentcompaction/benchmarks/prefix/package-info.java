/** How much of a question for a summary a provider's prompt cache could serve. */
@NullMarked
package io.github.agentcompaction.benchmarks.prefix;

import org.jspecify.annotations.NullMarked;
