package io.github.agentcompaction.sample.agent;

import io.github.agentcompaction.sample.OnPostgres;

/** The conversations in PostgreSQL. */
@OnPostgres
class PostgresConversationsTest extends ConversationsTest {}
