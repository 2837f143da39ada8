/**
 * What a shared store gives to the core, so that several replicas of a service coordinate: leases, epochs and deferred
 * summaries. For those who write a store; a service only chooses one.
 */
@NullMarked
package io.github.agentcompaction.store;

import org.jspecify.annotations.NullMarked;
