package io.github.agentcompaction.spring.boot.autoconfigure;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The keys that there are, for advice on those that there are not. */
final class SettingNames {

    // Spelled out, because a native image may not know the components of a record; a test compares.
    static final List<String> OF_AGENT = List.of(
            "ttl",
            "max-size",
            "lock-timeout",
            "max-compactions",
            "max-failures",
            "failure-cooldown",
            "context-window",
            "compact-at");
    static final List<String> OF_SPRING_AI = List.of(
            "default-advisor",
            "keep-all-messages",
            "decorate-chat-memory",
            "decorate-session-service",
            "session-service-agent");
    static final List<String> TOP_LEVEL = Stream.of(List.of("enabled"), OF_AGENT, List.of("agents", "spring-ai"))
            .flatMap(List::stream)
            .toList();

    /** A key that differs from a known one by no more than this is taken for a typo of it. */
    private static final int FAR = 3;

    private static final Set<String> UNIFORM_TOP_LEVEL = uniform(TOP_LEVEL);
    private static final Set<String> UNIFORM_OF_AGENT = uniform(OF_AGENT);
    private static final Set<String> UNIFORM_OF_SPRING_AI = uniform(OF_SPRING_AI);

    private SettingNames() {}

    static boolean isTopLevel(String key) {
        return UNIFORM_TOP_LEVEL.contains(uniform(key));
    }

    static boolean isOfAgent(String key) {
        return UNIFORM_OF_AGENT.contains(uniform(key));
    }

    static boolean isOfSpringAi(String key) {
        return UNIFORM_OF_SPRING_AI.contains(uniform(key));
    }

    /** {@return the proper spelling of an agent's setting that is written in any of the accepted ways} */
    static String spelled(String key) {
        return OF_AGENT.stream()
                .filter(name -> uniform(name).equals(uniform(key)))
                .findFirst()
                .orElseThrow();
    }

    static String advice(String key, List<String> known) {
        String all = "The settings are " + String.join(", ", known) + ".";
        return known.stream()
                .min(Comparator.comparingInt(name -> distance(uniform(key), uniform(name))))
                .filter(name -> distance(uniform(key), uniform(name)) <= Math.min(FAR, name.length() / 2 + 1))
                .map(name -> "Did you mean '" + name + "'? " + all)
                .orElse(all);
    }

    private static Set<String> uniform(List<String> names) {
        return names.stream().map(SettingNames::uniform).collect(Collectors.toUnmodifiableSet());
    }

    private static String uniform(String name) {
        return name.replace("-", "").replace("_", "").toLowerCase(Locale.ROOT);
    }

    /** How many letters have to be added, removed or changed to make one word of the other. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int above = row[j];
                int changed = a.charAt(i - 1) == b.charAt(j - 1) ? diagonal : diagonal + 1;
                row[j] = Math.min(changed, Math.min(above, row[j - 1]) + 1);
                diagonal = above;
            }
        }
        return row[b.length()];
    }
}
