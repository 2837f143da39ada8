package io.github.agentcompaction.sample;

/** The conversations in PostgreSQL. */
@OnPostgres
class PostgresStoreTest extends ConversationStoreTest {}
