package io.github.agentcompaction.sample;

import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.springframework.test.context.ActiveProfiles;
import org.springframework.test.context.TestPropertySource;

/**
 * The conversations in PostgreSQL, in the database that {@code SAMPLE_POSTGRES_URL} names; with {@code
 * SAMPLE_POSTGRES_USER} and {@code SAMPLE_POSTGRES_PASSWORD} if they are not "sample".
 */
@EnabledIfEnvironmentVariable(
        named = "SAMPLE_POSTGRES_URL",
        matches = "jdbc:postgresql:.+",
        disabledReason = "no PostgreSQL: set SAMPLE_POSTGRES_URL to the JDBC URL of an empty database")
@ActiveProfiles("postgres")
@TestPropertySource(
        properties = {
            "spring.datasource.url=${SAMPLE_POSTGRES_URL}",
            "spring.datasource.username=${SAMPLE_POSTGRES_USER:sample}",
            "spring.datasource.password=${SAMPLE_POSTGRES_PASSWORD:sample}"
        })
class PostgresTest extends ConversationStoreTest {}
