package io.github.agentcompaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Bad input is refused with an error that names the argument and the rule, and no text of a conversation is told. */
@SuppressWarnings("NullAway") // passes null on purpose
class ArgumentsTest {

    private static final String SECRET = "the user's secret";

    private static final SessionCompactionState state =
            SessionCompactionState.builder().agent("planner").build();
    private static final CompactionTemplate template =
            CompactionTemplate.builder(state, session -> Optional.empty()).build();

    static Stream<Arguments> sessionIdUsers() {
        return Stream.of(
                use("getLock", state::getLock),
                use("storeSummary", id -> state.storeSummary(id, "text")),
                use("getSummary", state::getSummary),
                use("popSummary", state::popSummary),
                use("discardSummary", state::discardSummary),
                use("inspect", state::inspect),
                use("isCompacting", state::isCompacting),
                use("compact", template::compact),
                use("compact of an epoch", id -> template.compact(id, 1)),
                use("compactAsync", id -> template.compactAsync(id, 1)),
                use("execute", id -> template.execute(id, () -> 1)),
                use("executeSubtask", id -> template.executeSubtask(id, () -> 1)),
                use("executeAsync", id -> template.executeAsync(id, () -> Tasks.done(1))),
                use("executeSubtaskAsync", id -> template.executeSubtaskAsync(id, () -> Tasks.done(1))));
    }

    private static Arguments use(String name, Consumer<String> call) {
        return Arguments.of(Named.of(name, call));
    }

    @ParameterizedTest
    @MethodSource("sessionIdUsers")
    void sessionId_nullOrBlank_isRefused(Consumer<String> call) {
        assertThatThrownBy(() -> call.accept(null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("sessionId must not be null");
        assertThatThrownBy(() -> call.accept(""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("sessionId must not be blank, but was empty");
        assertThatThrownBy(() -> call.accept(" \t"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("sessionId must not be blank, but was 2 blank character(s)");
    }

    static Stream<Arguments> badArguments() {
        SessionCompactionState.Builder builder = SessionCompactionState.builder();
        CompactionTemplate.Builder templates = CompactionTemplate.builder(state, session -> Optional.empty());
        return Stream.of(
                bad(() -> builder.agent(null), "agent must not be null"),
                bad(() -> builder.agent(" "), "agent must not be blank, but was 1 blank character(s)"),
                bad(() -> builder.ttl(null), "ttl must not be null"),
                bad(() -> builder.ttl(Duration.ZERO), "ttl must be longer than zero, but was PT0S"),
                bad(() -> builder.ttl(Duration.ofSeconds(-1)), "ttl must be longer than zero, but was PT-1S"),
                bad(() -> builder.maxSize(0), "maxSize must be at least 1, but was 0"),
                bad(() -> builder.maxSize(-3), "maxSize must be at least 1, but was -3"),
                bad(() -> builder.ticker(null), "ticker must not be null"),
                bad(() -> builder.listener(null), "listener must not be null"),
                bad(() -> state.storeSummary("s", null), "summary must not be null"),
                bad(() -> state.storeSummary("s", ""), "summary must not be blank, but was empty"),
                bad(() -> state.getLock("s").tryAcquire(null), "timeout must not be null"),
                bad(() -> CompactionTemplate.builder(null, session -> Optional.empty()), "state must not be null"),
                bad(() -> CompactionTemplate.builder(state, null), "compactor must not be null"),
                bad(() -> templates.maxCompactions(0), "maxCompactions must be at least 1, but was 0"),
                bad(() -> templates.maxFailures(0), "maxFailures must be at least 1, but was 0"),
                bad(() -> templates.lockTimeout(null), "lockTimeout must not be null"),
                bad(() -> templates.lockTimeout(Duration.ZERO), "lockTimeout must be longer than zero, but was PT0S"),
                bad(
                        () -> templates.failureCooldown(Duration.ofMillis(-1)),
                        "failureCooldown must be longer than zero, but was PT-0.001S"),
                bad(() -> templates.contextLimit(null), "contextLimit must not be null"),
                bad(() -> templates.executor(null), "executor must not be null"),
                bad(() -> template.execute("s", null), "task must not be null"),
                bad(() -> template.executeSubtask("s", null), "task must not be null"),
                bad(() -> template.executeAsync("s", null), "task must not be null"),
                bad(() -> template.executeSubtaskAsync("s", null), "task must not be null"),
                bad(() -> new CompactedReply<>(1, null), "summary must not be null; use Optional.empty()"));
    }

    private static Arguments bad(ThrowingCallable call, String message) {
        return Arguments.of(Named.of(message, call), message);
    }

    @ParameterizedTest
    @MethodSource("badArguments")
    void badArgument_isRefusedByNameAndRule(ThrowingCallable call, String message) {
        assertThatThrownBy(call)
                .isInstanceOf(message.contains("null") ? NullPointerException.class : IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void builder_longestTtlAndSize_areFine() {
        SessionCompactionState eternal = SessionCompactionState.builder()
                .ttl(Duration.ofSeconds(Long.MAX_VALUE))
                .maxSize(Long.MAX_VALUE)
                .build();

        eternal.storeSummary("s", "text");

        assertThat(eternal.getLock("s")).isSameAs(eternal.getLock("s"));
        assertThat(eternal.getSummary("s")).contains("text");
    }

    @Test
    void summaryText_isInNoToString() {
        state.storeSummary("secretive", SECRET);

        assertThat(state.toString())
                .isEqualTo("SessionCompactionState[agent=planner, ttl=PT1H, maxSize=10000]")
                .doesNotContain(SECRET);
        assertThat(state.inspect("secretive").orElseThrow().toString()).doesNotContain(SECRET);
        assertThat(new CompactedReply<>(SECRET, Optional.of(SECRET))).hasToString("CompactedReply[summary present]");
        assertThat(template.toString()).doesNotContain(SECRET);
        state.discardSummary("secretive");
    }

    @Test
    void printable_longOrOddNames_areCutAndEscaped() {
        assertThat(Names.printable("a".repeat(500))).hasSizeLessThan(140).endsWith("...");
        assertThat(Names.printable("tab\tesc\u001bbidi\u202enull\0"))
                .isEqualTo("tab\\u0009esc\\u001bbidi\\u202enull\\u0000");
        assertThat(Names.printable("größe 日本 🙂")).isEqualTo("größe 日本 🙂");
        assertThat(Names.printable("🙂".repeat(200))).isEqualTo("🙂".repeat(128) + "...");
        assertThat(Names.printable("\\u000a \udb40\udc41")).isEqualTo("\\\\u000a \\ue0041");
    }
}
