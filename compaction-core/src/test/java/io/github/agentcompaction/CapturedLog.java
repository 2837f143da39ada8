package io.github.agentcompaction;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What the library logs while this is open; the JDK's own logging stands behind {@link System.Logger} here. */
class CapturedLog extends Handler implements AutoCloseable {

    private final Logger logger = Logger.getLogger("io.github.agentcompaction");
    private final List<LogRecord> records = new CopyOnWriteArrayList<>();

    CapturedLog() {
        setLevel(Level.ALL);
        logger.addHandler(this);
        logger.setUseParentHandlers(false);
    }

    List<String> messages() {
        return records.stream().map(LogRecord::getMessage).toList();
    }

    List<LogRecord> records() {
        return records;
    }

    @Override
    public void publish(LogRecord record) {
        records.add(record);
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        logger.removeHandler(this);
        logger.setUseParentHandlers(true);
    }
}
