package io.github.agentcompaction.redis;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What this module logs while this is open, kept from the console. */
final class LoggedWarnings extends Handler implements AutoCloseable {

    private final Logger logger = Logger.getLogger("io.github.agentcompaction.redis");
    private final List<String> messages = new CopyOnWriteArrayList<>();

    LoggedWarnings() {
        logger.addHandler(this);
        logger.setUseParentHandlers(false);
    }

    List<String> messages() {
        return messages;
    }

    @Override
    public void publish(LogRecord entry) {
        messages.add(entry.getMessage());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        logger.removeHandler(this);
        logger.setUseParentHandlers(true);
    }
}
