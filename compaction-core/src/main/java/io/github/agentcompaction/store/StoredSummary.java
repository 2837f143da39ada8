package io.github.agentcompaction.store;

import java.time.Duration;
import java.util.Objects;

/**
 * A deferred summary in a {@link SummaryStore}. {@link #toString()} leaves its text out.
 *
 * @param text the summary
 * @param age how long ago it was written, on the store's clock
 */
public record StoredSummary(String text, Duration age) {

    /**
     * Checks that nothing is null.
     *
     * @param text the summary
     * @param age how long ago it was written
     */
    public StoredSummary {
        Objects.requireNonNull(text, "text must not be null");
        Objects.requireNonNull(age, "age must not be null");
    }

    @Override
    public String toString() {
        return "StoredSummary[age=" + age + "]";
    }
}
