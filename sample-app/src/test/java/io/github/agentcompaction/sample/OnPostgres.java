package io.github.agentcompaction.sample;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.springframework.test.context.ActiveProfiles;
import org.springframework.test.context.TestPropertySource;

/**
 * Runs a test in the PostgreSQL database that {@code SAMPLE_POSTGRES_URL} names; with {@code SAMPLE_POSTGRES_USER} and
 * {@code SAMPLE_POSTGRES_PASSWORD} if they are not "sample".
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@EnabledIfEnvironmentVariable(
        named = "SAMPLE_POSTGRES_URL",
        matches = "jdbc:postgresql:.+",
        disabledReason = "no PostgreSQL: set SAMPLE_POSTGRES_URL to the JDBC URL of a database")
@ActiveProfiles("postgres")
@TestPropertySource(
        properties = {
            "spring.datasource.url=${SAMPLE_POSTGRES_URL}",
            "spring.datasource.username=${SAMPLE_POSTGRES_USER:sample}",
            "spring.datasource.password=${SAMPLE_POSTGRES_PASSWORD:sample}"
        })
public @interface OnPostgres {}
