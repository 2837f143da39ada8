package io.github.agentcompaction.benchmarks;

import io.github.agentcompaction.Compactor;
import io.github.agentcompaction.spring.boot.autoconfigure.CompactionStates;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * What it takes to start the context of an application, by the number of its agents, with their templates and meters.
 *
 * <p>All starts are in one JVM, in turns, so classes are loaded and most of the code is compiled: what remains is the work
 * for each agent, which is the question.
 */
final class ContextStart {

    static final List<String> JVM_ARGS = List.of("-Xms1g", "-Xmx1g");

    /** The starter's auto-configurations. */
    private static final List<String> OURS =
            ImportCandidates.load(AutoConfiguration.class, null).getCandidates().stream()
                    .filter(name -> name.startsWith("io.github.agentcompaction."))
                    .toList();

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private ContextStart() {}

    /** An application with everything that an agent gets a bean for. */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {

        @Bean
        Compactor compactor() {
            return sessionId -> Optional.empty();
        }
    }

    /** Warm-ups, rounds, then the numbers of agents; reports the milliseconds of the middle round for each number. */
    public static void main(String[] args) {
        int warmups = Integer.parseInt(args[0]);
        int rounds = Integer.parseInt(args[1]);
        Map<Integer, List<Double>> millis = new LinkedHashMap<>();
        for (int round = -warmups; round < rounds; round++) {
            for (int i = 2; i < args.length; i++) {
                int agents = Integer.parseInt(args[i]);
                double took = start(agents);
                if (round >= 0) {
                    millis.computeIfAbsent(agents, count -> new ArrayList<>()).add(took);
                }
            }
        }
        Child.report(millis.values().stream().mapToDouble(ContextStart::middle).toArray());
    }

    private static double middle(List<Double> values) {
        return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
    }

    private static double start(int agents) {
        Map<String, Object> properties = new LinkedHashMap<>();
        properties.put("logging.level.root", "off");
        if (agents == 0) { // without this the application itself would be one
            properties.put("spring.autoconfigure.exclude", OURS);
        }
        for (int i = 0; i < agents; i++) {
            properties.put("compaction.agents.agent-" + i + ".ttl", "30m");
        }
        SpringApplicationBuilder application = new SpringApplicationBuilder(Application.class)
                .web(WebApplicationType.NONE)
                .bannerMode(Banner.Mode.OFF)
                .logStartupInfo(false)
                .registerShutdownHook(false)
                .properties(properties);
        // The context starts on this thread; its processor time leaves out what other programs do meanwhile.
        long start = THREADS.getCurrentThreadCpuTime();
        try (ConfigurableApplicationContext context = application.run()) {
            double took = (THREADS.getCurrentThreadCpuTime() - start) / 1e6;
            int found = context.getBeanProvider(CompactionStates.class).stream()
                    .mapToInt(states -> states.names().size())
                    .sum();
            Filled.require(agents, found);
            return took;
        }
    }
}
