package io.github.agentcompaction.springai.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which session classes the decorator may be used with. */
class SessionApiTest {

    @TempDir
    Path classes;

    @Test
    void mismatch_springAiSession_isNone() {
        assertThat(SessionApi.mismatch(getClass().getClassLoader())).isEmpty();
        assertThat(SessionApi.mismatch(null)).isEmpty();
    }

    @Test
    void mismatch_noSessionClasses_isNone() throws Exception {
        try (URLClassLoader without = loader()) {
            assertThat(SessionApi.mismatch(without)).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "void append(String sessionId, String event);", // as in Spring AI 2.1: no such method
                "boolean compactEvents(String sessionId, java.util.List<?> events, long version);", // another one
            })
    void mismatch_anotherSessionRepositoryOfThatName_isTold(String method) throws Exception {
        compile(method);

        try (URLClassLoader other = loader()) {
            Optional<String> mismatch = SessionApi.mismatch(other);

            assertThat(mismatch)
                    .hasValue("Compactions by a SessionService are not coordinated:"
                            + " org.springframework.ai.session.SessionRepository has no method"
                            + " compactEvents(String, List, List, long). It is Spring AI's own, since 2.1;"
                            + " only the one of org.springaicommunity:spring-ai-session is supported.");
        }
    }

    @Test
    void mismatch_standInWithTheMethod_isNone() throws Exception {
        compile(
                "boolean compactEvents(String sessionId, java.util.List<?> archived, java.util.List<?> active, long version);");

        try (URLClassLoader other = loader()) {
            assertThat(SessionApi.mismatch(other)).isEmpty();
        }
    }

    private void compile(String method) throws Exception {
        Path source = Files.writeString(
                classes.resolve("SessionRepository.java"),
                "package org.springframework.ai.session; public interface SessionRepository { " + method + " }");

        int failed =
                ToolProvider.getSystemJavaCompiler().run(null, null, null, "-d", classes.toString(), source.toString());

        assertThat(failed).isZero();
    }

    /** Sees the compiled class and the JDK, nothing of this project's class path. */
    private URLClassLoader loader() throws Exception {
        return new URLClassLoader(new URL[] {classes.toUri().toURL()}, null);
    }
}
