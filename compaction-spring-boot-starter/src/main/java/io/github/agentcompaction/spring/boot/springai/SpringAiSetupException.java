package io.github.agentcompaction.spring.boot.springai;

/** Thrown when the application's Spring AI beans do not go together with a compaction; the message has the remedy. */
final class SpringAiSetupException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String action;

    SpringAiSetupException(String description, String action) {
        super(description);
        this.action = action;
    }

    String description() {
        return String.valueOf(getMessage());
    }

    String action() {
        return action;
    }
}
