@NullMarked
package io.github.agentcompaction.benchmarks.sidebyside;

import org.jspecify.annotations.NullMarked;
