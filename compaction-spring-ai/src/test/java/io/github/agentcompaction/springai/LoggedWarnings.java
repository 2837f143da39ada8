package io.github.agentcompaction.springai;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What a class logs while this is open, with the throwables. */
public final class LoggedWarnings extends Handler implements AutoCloseable {

    /** One for each record. */
    public final List<String> texts = new CopyOnWriteArrayList<>();

    private final Logger logger;

    /** Listens to the class's logger and keeps what it says from the console. */
    public LoggedWarnings(Class<?> of) {
        logger = Logger.getLogger(of.getName());
        logger.addHandler(this);
        logger.setUseParentHandlers(false);
    }

    @Override
    public void publish(LogRecord entry) {
        texts.add(entry.getMessage() + " " + entry.getThrown());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        logger.removeHandler(this);
        logger.setUseParentHandlers(true);
    }
}
