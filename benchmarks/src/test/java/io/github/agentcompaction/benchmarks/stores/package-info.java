@NullMarked
package io.github.agentcompaction.benchmarks.stores;

import org.jspecify.annotations.NullMarked;
