@NullMarked
package io.github.agentcompaction.benchmarks;

import org.jspecify.annotations.NullMarked;
