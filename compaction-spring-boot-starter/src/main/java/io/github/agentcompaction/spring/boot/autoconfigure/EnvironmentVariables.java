package io.github.agentcompaction.spring.boot.autoconfigure;

import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/** Warns of environment variables under {@code compaction.agents} that are ignored, or name an agent by themselves. */
final class EnvironmentVariables {

    private static final Log logger = LogFactory.getLog(EnvironmentVariables.class);

    /** An agent and one of its settings, or its own value. Each underscore of a variable is a dot to Spring Boot. */
    private static final Pattern KEY = Pattern.compile(
            Arrays.stream(AgentSettings.class.getRecordComponents())
                    .map(RecordComponent::getName)
                    .map(setting -> setting.replaceAll("(?=[A-Z])", "\\\\.?"))
                    .collect(Collectors.joining("|", "compaction\\.agents\\.(?:(.+)\\.(?:", ")|([^.]+))")),
            Pattern.CASE_INSENSITIVE);

    private EnvironmentVariables() {}

    static boolean isSource(ConfigurationPropertySource source) {
        return source.getUnderlyingSource() instanceof SystemEnvironmentPropertySource;
    }

    /**
     * Logs one line for each that is ignored.
     *
     * @param source of variables
     * @param agents the agents' names, by their letters and digits
     */
    static void warnOfIgnored(IterableConfigurationPropertySource source, Map<String, String> agents) {
        source.stream()
                .filter(AgentsBindHandler.AGENTS::isAncestorOf)
                .map(source::getConfigurationProperty)
                .filter(Objects::nonNull)
                .forEach(variable -> warnIfIgnored(variable, agents));
    }

    /**
     * Logs one line for each agent that only variables name: it may be a typing error.
     *
     * @param agents the agents' names
     * @param replaced the agent that there would be without them
     */
    static void warnOfAgents(Collection<String> agents, String replaced) {
        agents.forEach(
                agent -> logger.warn("The agent '" + agent + "' is named by environment variables alone, and takes"
                        + " the place of '" + replaced + "', the agent of an application that names none. Name it under"
                        + " compaction.agents in a file, or correct the variable."));
    }

    private static void warnIfIgnored(ConfigurationProperty variable, Map<String, String> agents) {
        String name =
                variable.getName().toString().replace('[', '.').replace("]", ""); // _2_ is an index to Spring Boot
        Matcher key = KEY.matcher(name);
        if (!key.matches()) {
            return;
        }
        String agent = key.group(1) != null ? key.group(1) : key.group(2);
        String letters = agent.replace(".", "");
        if (!agents.containsKey(letters)) {
            String nearest = agents.keySet().stream()
                    .min(Comparator.comparingInt(other -> distance(other, letters)))
                    .map(other -> " The nearest is '" + agents.get(other) + "'.")
                    .orElse("");
            logger.warn("Ignored " + variable.getOrigin() + ": there is no agent '" + agent.replace('.', '-') + "'."
                    + nearest + " Correct the variable, or name the agent under compaction.agents in a file.");
        } else if (key.group(2) != null && !variable.getValue().toString().isEmpty()) {
            logger.warn(
                    "Ignored " + variable.getOrigin() + ": an agent has settings below its name, such as ttl, and no"
                            + " value of its own. Remove the variable, or name the setting.");
        }
    }

    /** {@return how many letters have to be added, removed or replaced} */
    private static int distance(String one, String other) {
        int[] row = IntStream.rangeClosed(0, other.length()).toArray();
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= other.length(); j++) {
                int replaced = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(diagonal, row[j - 1]));
            }
        }
        return row[other.length()];
    }
}
