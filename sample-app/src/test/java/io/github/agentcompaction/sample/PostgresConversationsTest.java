package io.github.agentcompaction.sample;

/** The conversations in PostgreSQL. */
@OnPostgres
class PostgresConversationsTest extends ConversationsTest {}
