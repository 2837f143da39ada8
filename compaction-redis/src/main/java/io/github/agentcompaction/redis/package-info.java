/** Leases and deferred summaries of several replicas, in Redis. */
@NullMarked
package io.github.agentcompaction.redis;

import org.jspecify.annotations.NullMarked;
