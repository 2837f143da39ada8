/**
 * Coordinates the compaction of LLM agent sessions: one lock per session, deferred summaries, and the template that
 * services call.
 */
@SuppressWarnings("module") // the two stores are automatic modules, which the compiler cannot find
module io.github.agentcompaction {
    requires transitive com.github.benmanes.caffeine;
    requires static transitive org.jspecify;

    exports io.github.agentcompaction;
    exports io.github.agentcompaction.store;
    exports io.github.agentcompaction.timing to
            io.github.agentcompaction.jdbc,
            io.github.agentcompaction.redis;
}
