/**
 * Leases and deferred summaries of several replicas, in the database that holds the history. Begin with
 * {@link io.github.agentcompaction.jdbc.JdbcStore}.
 */
@NullMarked
package io.github.agentcompaction.jdbc;

import org.jspecify.annotations.NullMarked;
