/**
 * Coordinates the compaction of LLM agent sessions: one lock per session, deferred summaries, and the template that
 * services call.
 */
module io.github.agentcompaction {
    requires transitive com.github.benmanes.caffeine;
    requires static transitive org.jspecify;

    exports io.github.agentcompaction;
    exports io.github.agentcompaction.store;
}
