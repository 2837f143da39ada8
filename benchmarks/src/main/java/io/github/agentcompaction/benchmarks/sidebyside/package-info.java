/** Several tasks hit the limit of one session: what that costs with this project, and with others. */
@NullMarked
package io.github.agentcompaction.benchmarks.sidebyside;

import org.jspecify.annotations.NullMarked;
