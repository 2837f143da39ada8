package io.github.agentcompaction.springai.session;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.util.ClassUtils;

/**
 * Tells whether the session classes on a class path are spring-ai-session's, for which {@link CoordinatedSessionService} is
 * written. Spring AI 2.1 has classes of the same names with other methods.
 *
 * <p>This class looks them up by name: it loads with either of them, and with none.
 */
public final class SessionApi {

    private static final String REPOSITORY = "org.springframework.ai.session.SessionRepository";

    private SessionApi() {}

    /**
     * Looks for the method with which {@link CoordinatedSessionService} writes a compaction.
     *
     * @param classLoader where to look; the default class loader if null
     * @return for the log, why {@link CoordinatedSessionService} cannot be used with the session classes that are there;
     *     empty if it can, or if there are none
     */
    public static Optional<String> mismatch(@Nullable ClassLoader classLoader) {
        if (!ClassUtils.isPresent(REPOSITORY, classLoader)) {
            return Optional.empty();
        }
        Class<?> repository = ClassUtils.resolveClassName(REPOSITORY, classLoader);
        if (ClassUtils.hasMethod(repository, "compactEvents", String.class, List.class, List.class, long.class)) {
            return Optional.empty();
        }
        return Optional.of("Compactions by a SessionService are not coordinated: " + REPOSITORY
                + " has no method compactEvents(String, List, List, long). It is Spring AI's own, since 2.1;"
                + " only the one of org.springaicommunity:spring-ai-session is supported.");
    }
}
