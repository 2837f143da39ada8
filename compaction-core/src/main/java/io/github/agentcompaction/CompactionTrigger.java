package io.github.agentcompaction;

/** Why a session is compacted. */
public enum CompactionTrigger {
    /** The model refused a task's prompt as too long. */
    OVERFLOW,
    /** An answer has left the history long; nobody waits. */
    BACKGROUND,
    /** A task saw by itself that the history has become too long. */
    THRESHOLD,
    /** The application asked for it. */
    MANUAL
}
