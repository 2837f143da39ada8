/** Leases and deferred summaries of several replicas, in the database that holds the history. */
@NullMarked
package io.github.agentcompaction.jdbc;

import org.jspecify.annotations.NullMarked;
