package io.github.agentcompaction.spring.boot.store;

import io.github.agentcompaction.jdbc.JdbcStore;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties.InitializeSchema;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.dao.DataAccessResourceFailureException;

/** Creates the store's table if it is to be, and checks that the store can work; a database that is down does not stop the start. */
final class JdbcStoreStart implements InitializingBean {

    private static final Log logger = LogFactory.getLog(JdbcStoreStart.class);

    private final JdbcStore store;
    private final InitializeSchema when;

    JdbcStoreStart(JdbcStore store, InitializeSchema when) {
        this.store = store;
        this.when = when;
    }

    @Override
    public void afterPropertiesSet() {
        try {
            if (when == InitializeSchema.ALWAYS || when == InitializeSchema.EMBEDDED && store.isEmbedded()) {
                store.initialize();
            }
        } catch (DataAccessResourceFailureException down) { // one that is embedded is never down
            logger.warn("The database of compaction.store=jdbc does not answer ("
                    + down.getClass().getName() + "), so its table was not created; if it is missing, start again when"
                    + " the database is back.");
        }
        store.verify();
    }
}
