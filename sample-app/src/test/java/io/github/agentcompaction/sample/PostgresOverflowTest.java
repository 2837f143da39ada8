package io.github.agentcompaction.sample;

/** A conversation in PostgreSQL outgrows the model's window, over HTTP. */
@OnPostgres
class PostgresOverflowTest extends OverflowTest {}
