package io.github.agentcompaction.springai;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What the advisor logs while this is open, with the throwables. */
final class LoggedWarnings extends Handler implements AutoCloseable {

    final List<String> texts = new CopyOnWriteArrayList<>();

    private final Logger logger = Logger.getLogger(CompactionAdvisor.class.getName());

    LoggedWarnings() {
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
