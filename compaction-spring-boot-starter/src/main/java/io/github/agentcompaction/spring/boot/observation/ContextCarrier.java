package io.github.agentcompaction.spring.boot.observation;

import java.util.function.UnaryOperator;

/**
 * Takes what is kept in thread-locals along to another thread: called on the one thread with work that the other one runs, gives
 * work that does the same with what was there.
 */
@FunctionalInterface
interface ContextCarrier extends UnaryOperator<Runnable> {}
