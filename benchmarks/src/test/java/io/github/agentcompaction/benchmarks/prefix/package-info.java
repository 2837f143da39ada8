@NullMarked
package io.github.agentcompaction.benchmarks.prefix;

import org.jspecify.annotations.NullMarked;
