@NullMarked
package io.github.agentcompaction.benchmarks.waits;

import org.jspecify.annotations.NullMarked;
