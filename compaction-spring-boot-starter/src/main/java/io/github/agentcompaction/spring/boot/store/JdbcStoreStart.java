package io.github.agentcompaction.spring.boot.store;

import io.github.agentcompaction.jdbc.JdbcStore;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties.InitializeSchema;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties.Jdbc;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties.StoreType;
import java.util.Locale;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.jdbc.BadSqlGrammarException;

/** Creates the store's table if it is to be, and checks that the store can work; a database that is down does not stop the start. */
final class JdbcStoreStart implements InitializingBean {

    private final JdbcStore store;
    private final Jdbc settings;

    JdbcStoreStart(JdbcStore store, Jdbc settings) {
        this.store = store;
        this.settings = settings;
    }

    @Override
    public void afterPropertiesSet() {
        try {
            createTable();
            store.verify();
        } catch (UnsupportedOperationException e) {
            throw StoreSetup.invalid(StoreType.JDBC, StoreSetup.sentence(e));
        } catch (IllegalStateException e) {
            throw e.getCause() instanceof BadSqlGrammarException
                    ? schema(
                            "It is missing, or not the one of this version. Set compaction.jdbc.initialize-schema to always,"
                                    + " create it with the script schema-<database>.sql in io/github/agentcompaction/jdbc of"
                                    + " compaction-jdbc, or, if it has another name, set compaction.jdbc.table-prefix.")
                    : StoreSetup.invalid(StoreType.JDBC, StoreSetup.sentence(e));
        }
    }

    private void createTable() {
        InitializeSchema when = settings.initializeSchema();
        try {
            if (when == InitializeSchema.ALWAYS || when == InitializeSchema.EMBEDDED && store.isEmbedded()) {
                store.initialize();
            }
        } catch (DataAccessException e) {
            if (!isDown(e)) {
                throw schema("It could not be created ("
                        + NestedExceptionUtils.getMostSpecificCause(e).getMessage()
                        + "). Correct compaction.jdbc.table-prefix, if the schema that it names does not exist, allow the"
                        + " database's user to create tables, or create the table otherwise and set"
                        + " compaction.jdbc.initialize-schema to never.");
            }
            // The check comes to it next, and warns.
        }
    }

    private static boolean isDown(DataAccessException e) {
        return e instanceof DataAccessResourceFailureException
                || e.getCause() instanceof DataAccessResourceFailureException;
    }

    private InvalidConfigurationPropertyValueException schema(String rule) {
        return new InvalidConfigurationPropertyValueException(
                "compaction.jdbc.initialize-schema",
                settings.initializeSchema().name().toLowerCase(Locale.ROOT),
                "The store needs the table " + settings.tablePrefix() + "session. " + rule);
    }
}
