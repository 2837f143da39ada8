package io.github.agentcompaction.sample.agent;

import io.github.agentcompaction.sample.OnPostgres;

/** A conversation in PostgreSQL outgrows the model's window, over HTTP. */
@OnPostgres
class PostgresOverflowTest extends OverflowTest {}
