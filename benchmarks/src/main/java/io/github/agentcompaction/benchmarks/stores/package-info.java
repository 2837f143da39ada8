/** What the stores of several replicas cost, against the locks and the chat memory of others on the same servers. */
@NullMarked
package io.github.agentcompaction.benchmarks.stores;

import org.jspecify.annotations.NullMarked;
