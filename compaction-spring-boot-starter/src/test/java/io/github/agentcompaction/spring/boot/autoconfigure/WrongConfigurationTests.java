package io.github.agentcompaction.spring.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.Compactor;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.spring.boot.springai.ChatMemoryCompactorAutoConfiguration;
import io.github.agentcompaction.spring.boot.springai.CompactionAdvisorAutoConfiguration;
import io.github.agentcompaction.spring.boot.springai.CompactionChatMemoryAutoConfiguration;
import io.github.agentcompaction.spring.boot.springai.ScriptedModel;
import io.github.agentcompaction.springai.CompactionAdvisor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.MessageWindowChatMemory;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootVersion;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/** Starts real applications from YAML files and reads what they print: key, value, file and line, and what to do. */
@ExtendWith(OutputCaptureExtension.class)
class WrongConfigurationTests {

    private static final String PLANNERS_ADVISOR = """
            compaction:
              agents:
                planner:
              spring-ai:
                default-advisor: planner
            """;

    @TempDir
    Path folder;

    private final Map<String, Object> variables = new java.util.HashMap<>();
    private final List<Class<?>> configuration = new ArrayList<>(List.of(Application.class));

    // Values.

    @Test
    void badDuration_bootPrintsWhere(CapturedOutput output) {
        assertFails(
                output,
                """
                compaction:
                  agents:
                    planner:
                      ttl: 5 parsecs
                """,
                "Property: compaction.agents.planner.ttl",
                "Value: \"5 parsecs\"",
                "application.yml] - 4:12");
    }

    @ParameterizedTest
    @CsvSource({
        "ttl, 0s, longer than zero",
        "ttl, -5m, longer than zero",
        "max-size, 0, at least 1",
        "lock-timeout, 0, longer than zero",
        "max-compactions, 0, at least 1",
        "max-failures, -1, at least 1",
        "failure-cooldown, 0s, longer than zero",
        "context-window, 0, at least 1",
        "compact-at, 0, more than 0 and at most 1",
        "compact-at, 80, more than 0 and at most 1",
        "compact-at, NaN, more than 0 and at most 1",
        "max-background, 0, at least 1",
        "lease, 1s, 2 seconds or longer",
        "lease, -5s, 2 seconds or longer",
        "replica, xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx, longer than 100 characters",
        "spring-ai.share, 0, more than 0 and at most 1",
        "spring-ai.share, 1.01, more than 0 and at most 1",
        "spring-ai.share, NaN, more than 0 and at most 1",
        "redis.command-timeout, 0, longer than zero",
        "redis.max-poll, -1s, longer than zero"
    })
    void outOfRange_stopsTheStart(String setting, String value, String rule, CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  " + setting + ": " + value + "\n",
                "Invalid value '" + value + "' for configuration property 'compaction." + setting + "'",
                "application.yml] - 2:",
                rule,
                "remove the key to have the default");
    }

    @ParameterizedTest
    @CsvSource({
        "ttl, 0s, longer than zero",
        "max-size, -1, at least 1",
        "lock-timeout, -1s, longer than zero",
        "max-compactions, 0, at least 1",
        "max-failures, 0, at least 1",
        "failure-cooldown, 0s, longer than zero",
        "context-window, 0, at least 1",
        "compact-at, 1.01, more than 0 and at most 1",
        "max-background, -1, at least 1"
    })
    void outOfRangeOfOneAgent_stopsTheStart(String setting, String value, String rule, CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  agents:\n    planner:\n      " + setting + ": " + value + "\n",
                "Invalid value '" + value + "' for configuration property 'compaction.agents.planner." + setting + "'",
                "application.yml] - 4:",
                rule);
    }

    @ParameterizedTest
    @CsvSource({
        "store, foo, JDBC",
        "on-unavailable, wait, LOCAL",
        "jdbc.initialize-schema, sometimes, EMBEDDED",
        "jdbc.listen, maybe, compaction.jdbc.listen",
        "jdbc.prefix, x_, compaction.jdbc.prefix",
        "redis.timeout, 1s, compaction.redis.timeout"
    })
    void wrongValueOrKeyOfTheStore_bootPrintsWhere(String setting, String value, String told, CapturedOutput output) {
        assertFails(output, "compaction:\n  " + setting + ": " + value + "\n", value, told, "application.yml] - 2:");
    }

    @ParameterizedTest
    @ValueSource(strings = {"jdbc", "redis"})
    void valueOfAGroup_stopsTheStart(String group, CapturedOutput output) {
        assertFails(output, "compaction:\n  " + group + ": text\n", "under 'compaction." + group + "'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"jdbc:", "jdbc: {}", "redis:", "redis: {}"})
    void emptyGroup_starts(String yaml) {
        try (var context = start("compaction:\n  ttl: 9m\n  " + yaml + "\n")) {
            CompactionProperties properties = context.getBean(CompactionProperties.class);
            assertThat(properties.ttl()).isEqualTo(Duration.ofMinutes(9));
            assertThat(properties.jdbc().tablePrefix()).isEqualTo("compaction_");
            assertThat(properties.redis().maxPoll()).isEqualTo(Duration.ofSeconds(1));
        }
    }

    @Test
    void groupThatIsEmptyInTheFile_hasWhatAVariableSets() {
        variables.put("COMPACTION_JDBC_TABLEPREFIX", "my_");
        try (var context = start("compaction:\n  jdbc:\n")) {
            assertThat(context.getBean(CompactionProperties.class).jdbc().tablePrefix())
                    .isEqualTo("my_");
        }
    }

    @Test
    void emptySetting_stopsTheStart(CapturedOutput output) {
        assertFails(output, """
                compaction:
                  agents:
                    planner: { ttl: }
                """, "Property: compaction.agents.planner.ttl", "Value: \"\"", "application.yml] - 3:20");
    }

    @Test
    void emptyDefault_stopsTheStart(CapturedOutput output) {
        assertFails(output, "compaction:\n  max-size:\n", "Property: compaction.max-size", "application.yml] - 2:");
    }

    @Test
    void emptySettingThatIsSetElsewhere_starts() {
        variables.put("COMPACTION_AGENTS_PLANNER_TTL", "9m");
        try (var context = start("compaction:\n  agents:\n    planner: { ttl: }\n")) {
            assertThat(context.getBean(SessionCompactionState.class).ttl()).isEqualTo(Duration.ofMinutes(9));
        }
    }

    @Test
    void bareNumber_isSeconds() {
        try (var context = start("""
                compaction:
                  ttl: 30
                  lock-timeout: 7
                  failure-cooldown: 90
                  agents:
                    planner: { ttl: 31, lock-timeout: 8, failure-cooldown: 91 }
                    researcher:
                """)) {
            CompactionProperties properties = context.getBean(CompactionProperties.class);
            assertThat(durations(properties.settingsOf("researcher"))).containsExactly("PT30S", "PT7S", "PT1M30S");
            assertThat(durations(properties.settingsOf("planner"))).containsExactly("PT31S", "PT8S", "PT1M31S");
            assertThat(context.getBean(CompactionStates.class).get("planner").ttl())
                    .isEqualTo(Duration.ofSeconds(31));
        }
    }

    private static List<String> durations(AgentSettings settings) {
        return Stream.of(settings.ttl(), settings.lockTimeout(), settings.failureCooldown())
                .map(String::valueOf)
                .toList();
    }

    // Keys.

    @Test
    void typo_stopsTheStart(CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  tll: 5m\n",
                "Property: compaction.tll",
                "Value: \"5m\"",
                "application.yml] - 2:8");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "ttl: {x: 5m}; ttl.x",
                "ttl: [5m]; ttl[0]",
                "agents: {planner: {ttl: {x: 5m}}}; agents.planner.ttl.x",
                "agents: {planner: {ttl: [5m]}}; agents.planner.ttl[0]",
                "spring-ai: {default-advisor: {name: planner}}; spring-ai.default-advisor.name",
                "spring-ai: {default-advisor: [planner]}; spring-ai.default-advisor[0]"
            },
            quoteCharacter = '|')
    void mapOrListInPlaceOfAValue_stopsTheStart(String yaml, String key, CapturedOutput output) {
        assertFails(output, "compaction:\n  " + yaml + "\n", "Property: compaction." + key, "application.yml] - 2:");
    }

    @Test
    void typoOfAnAgent_stopsTheStart(CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  agents:\n    planner:\n      max-sizes: 5\n",
                "Property: compaction.agents.planner.max-sizes",
                "Value: \"5\"",
                "application.yml] - 4:18");
    }

    @Test
    void agentsAtTheWrongPlace_stopsTheStart(CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  planner:\n    ttl: 5m\n",
                "Property: compaction.planner.ttl",
                "application.yml] - 3:10");
    }

    @Test
    void agentAsValue_stopsTheStart(CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  agents: planner\n",
                "Property: compaction.agents",
                "Value: \"planner\"",
                "application.yml] - 2:11");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[planner, researcher]", "[{ttl: 5m}]"})
    void agentsAsList_stopsTheStart(String list, CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  agents: " + list + "\n",
                "configuration property 'compaction.agents[0]",
                "application.yml] - 2:",
                "have only lower-case letters, digits and dashes, and stand without brackets; '[0]' does not.");
    }

    @Test
    void agentWithAValueOfItsOwn_stopsTheStart(CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  agents:\n    planner: 30m\n",
                "Invalid value '30m' for configuration property 'compaction.agents.planner'",
                "application.yml] - 3:",
                "such as compaction.agents.planner.ttl, and no value of its own");
    }

    @Test
    void typoForSpringAi_stopsTheStart(CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  spring-ai:\n    default-adviser: planner\n",
                "Property: compaction.spring-ai.default-adviser",
                "Value: \"planner\"",
                "application.yml] - 3:22");
    }

    @ParameterizedTest
    @ValueSource(strings = {"clear-tool-results", "clear-old-tool-results"})
    void mistypedValueForSpringAi_stopsTheStart(String setting, CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  spring-ai:\n    " + setting + ": maybe\n",
                "Property: compaction.spring-ai." + setting,
                "Value: \"maybe\"",
                "application.yml] - 3:");
    }

    @Test
    void springAiAsValue_stopsTheStart(CapturedOutput output) {
        assertFails(
                output, "compaction:\n  spring-ai: true\n", "Failed to bind properties under 'compaction.spring-ai'");
    }

    @Test
    void emptySettingForSpringAi_stopsTheStart(CapturedOutput output) {
        configuration.add(WithSpringAi.class);
        assertFails(
                output,
                "compaction:\n  spring-ai:\n    default-advisor:\n",
                "Invalid value '' for configuration property 'compaction.spring-ai.default-advisor'",
                "application.yml] - 3:");
    }

    @ParameterizedTest
    @ValueSource(strings = {"spring-ai:\n    keep-all-messages: true", "springAi:\n    keepAllMessages: yes"})
    void settingForSpringAi_inAnySpelling_isAccepted(String yaml) {
        try (var context = start("compaction:\n  " + yaml + "\n")) {
            assertThat(context.getBean(CompactionProperties.class).springAi().keepAllMessages())
                    .isTrue();
        }
    }

    @Test
    void defaultAdvisorOfUnknownAgent_printsThoseThereAre(CapturedOutput output) {
        configuration.add(WithSpringAi.class);
        configuration.add(OneModel.class);
        assertFails(
                output,
                "compaction:\n  agents:\n    planner:\n    researcher:\n  spring-ai:\n    default-advisor: Planner\n",
                "Invalid value 'Planner' for configuration property 'compaction.spring-ai.default-advisor'",
                "application.yml] - 6:22",
                "The agent 'Planner' has no CompactionAdvisor. Agents with one: planner, researcher.",
                "Name one of those");
    }

    @Test
    void defaultAdvisorWithoutCompactor_saysWhatIsMissing(CapturedOutput output) {
        configuration.add(WithSpringAi.class);
        assertFails(
                output,
                PLANNERS_ADVISOR,
                "The agent 'planner' has no CompactionAdvisor. Agents with one: none.",
                "one for all comes with a ChatModel bean");
    }

    @Test
    void defaultAdvisorWithoutAdvisors_saysWhatIsMissing(CapturedOutput output) {
        configuration.add(WithSpringAi.class);
        configuration.add(WindowMemory.class);
        configuration.add(AnotherMemory.class);
        assertFails(
                output,
                PLANNERS_ADVISOR,
                "Invalid value 'planner' for configuration property 'compaction.spring-ai.default-advisor'",
                "they need CompactionAutoConfiguration, compaction-spring-ai on the class path, and one SessionService or"
                        + " ChatMemory bean",
                "io.github.agentcompaction:compaction-spring-ai");
    }

    @Test
    void severalModels_saysHowToChoose(CapturedOutput output) {
        configuration.add(WithSpringAi.class);
        configuration.add(OneModel.class);
        configuration.add(AnotherModel.class);
        assertFails(
                output,
                PLANNERS_ADVISOR,
                "It is not clear which ChatModel is to summarize conversations. There are: another, model.",
                "@Qualifier(\"compaction\")");
    }

    @Test
    void memoryThatCannotBeCompacted_saysWhatToDo(CapturedOutput output) {
        configuration.add(WithSpringAi.class);
        configuration.add(OneModel.class);
        configuration.add(WindowMemory.class);
        assertFails(
                output,
                PLANNERS_ADVISOR,
                "The ChatMemory bean is a " + MessageWindowChatMemory.class.getName(),
                "new ConcurrentChatMemory(memory, repository)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"tll: 5m", "ttl: 0s", "agents: { planner: { tll: 5m } }", "agents: { größe: }"})
    void lazyInitialization_stopsTheStartToo(String yaml, CapturedOutput output) {
        assertFails(
                output,
                "spring.main.lazy-initialization: true\ncompaction:\n  " + yaml + "\n",
                "compaction.",
                "application.yml] - 3:");
    }

    // Names.

    @ParameterizedTest
    @CsvSource({
        "größe, größe, .größe.ttl",
        "日本, 日本, .日本.ttl",
        "my agent, my agent, .my agent.ttl",
        "Planner, Planner, .Planner.ttl",
        "my_agent, my_agent, .my_agent.ttl",
        "-planner, -planner, .-planner.ttl",
        "'\"\"', '', ..ttl",
        "'\"[]\"', [], [].ttl",
        "'\"[größe]\"', [größe], [größe].ttl",
        "'\"[planner]\"', [planner], [planner].ttl",
        "on, [true], [true].ttl",
        "no, [false], [false].ttl",
        "~, [null], [null].ttl",
        "7, [7], [7].ttl"
    })
    void nameOfOtherCharacters_stopsTheStart(String yaml, String name, String key, CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  agents:\n    " + yaml + ": { ttl: 5m }\n",
                "Invalid value '5m' for configuration property 'compaction.agents" + key + "'",
                "application.yml] - 3:",
                "The name of an agent must begin with a lower-case letter or digit, have only lower-case letters, digits"
                        + " and dashes, and stand without brackets; '" + name + "' does not. Rename the agent in ",
                "application.yml",
                "or, if YAML has read the name as a number or a boolean, quote it.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"日本", "my agent"})
    void nameOfOtherCharactersWithoutSettings_stopsTheStart(String name, CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  agents:\n    " + name + ":\n",
                "Invalid value '' for configuration property 'compaction.agents." + name + "'",
                "application.yml] - 3:",
                "lower-case letters, digits and dashes");
    }

    @ParameterizedTest
    @CsvSource({"{ ttl: 5m }, .ttl", "'', ''"})
    void nameWithDot_stopsTheStart(String settings, String key, CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  agents:\n    a.b: " + settings + "\n",
                "Property: compaction.agents.a.b" + key,
                "application.yml] - 3:");
    }

    @Test
    void namesOfLettersDigitsAndDashes_start() {
        try (var context = start("compaction:\n  agents: { planner: , planner-2: , 3rd: , \"on\": }\n")) {
            assertThat(context.getBean(CompactionStates.class).names())
                    .containsExactly("planner", "planner-2", "3rd", "on");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"My Shop/EU", "größe", "Planner"})
    void applicationName_isTheAgentsAsItIs(String name) {
        try (var context = start("spring.application.name: " + name + "\n")) {
            assertThat(context.getBean(CompactionStates.class).names()).containsExactly(name);
        }
    }

    @Test
    void namesThatBindAlike_stopTheStart(CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  agents:\n    my-agent: { ttl: 5m }\n    myagent: { max-size: 7 }\n",
                "Invalid value '7' for configuration property 'compaction.agents.myagent.max-size'",
                "application.yml] - 4:",
                "The agents 'my-agent' and 'myagent' are one name to Spring Boot",
                "rename one");
    }

    @Test
    void emptyAgents_haveAllDefaults() {
        try (var context = start("compaction:\n  agents:\n    planner:\n    researcher:\n")) {
            CompactionProperties properties = context.getBean(CompactionProperties.class);
            assertThat(context.getBean(CompactionStates.class).names()).containsExactly("planner", "researcher");
            assertThat(properties.agents())
                    .containsOnly(
                            Map.entry("planner", AgentSettings.NONE), Map.entry("researcher", AgentSettings.NONE));
        }
    }

    /** Spring Boot 4.0 does not even tell that there was a key: agents without settings are written without braces there. */
    @Test
    void emptyMaps_meanAllDefaults() {
        assumeThat(SpringBootVersion.getVersion()).doesNotStartWith("4.0.");
        try (var context = start("compaction:\n  agents:\n    planner: {}\n    researcher:\n")) {
            assertThat(context.getBean(CompactionStates.class).names()).containsExactly("planner", "researcher");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "compaction:",
                "compaction: {}",
                "compaction:\n  agents:",
                "compaction:\n  agents: {}",
                "compaction:\n  spring-ai:\n  agents:",
                "compaction:\n  spring-ai: {}"
            })
    void nothingBelowAKey_meansAllDefaults(String yaml) {
        try (var context = start("spring.application.name: shop\n" + yaml + "\n")) {
            assertThat(context.getBean(CompactionStates.class).names()).containsExactly("shop");
            CompactionProperties properties = context.getBean(CompactionProperties.class);
            assertThat(properties.agents()).isEmpty();
            assertThat(properties.springAi())
                    .isEqualTo(new CompactionProperties.SpringAi(
                            null, false, null, true, false, CompactionProperties.SummaryRequest.TRANSCRIPT, 0.5));
        }
    }

    @Test
    void emptyAgentWithASettingElsewhere_hasIt() {
        try (var context =
                start("compaction:\n  agents: { planner: }\n---\ncompaction:\n  agents: { planner: { ttl: 9m } }\n")) {
            assertThat(context.getBean(SessionCompactionState.class).ttl()).isEqualTo(Duration.ofMinutes(9));
        }
    }

    // Environment variables.

    @ParameterizedTest
    @CsvSource({
        "COMPACTION_AGENTS_MYAGENT_TTL, { max-size: 7 }",
        "COMPACTION_AGENTS_MY_AGENT_TTL, { max-size: 7 }",
        "COMPACTION_AGENTS_MYAGENT_TTL, ''",
        "COMPACTION_AGENTS_MY_AGENT_TTL, ''"
    })
    void variableOfAnAgentWithADash_setsItAndMakesNoOther(String variable, String settings) {
        variables.put(variable, "9m");
        try (var context = start("compaction:\n  agents:\n    my-agent: " + settings + "\n")) {
            CompactionStates states = context.getBean(CompactionStates.class);
            assertThat(states.names()).containsExactly("my-agent");
            assertThat(states.get("my-agent").ttl()).isEqualTo(Duration.ofMinutes(9));
            assertThat(states.get("my-agent").maxSize()).isEqualTo(settings.isEmpty() ? 10_000 : 7);
            assertThat(context.getBeanNamesForType(SessionCompactionState.class))
                    .hasSize(1);
            assertThat(context.getBean(CompactionProperties.class).agents()).containsOnlyKeys("my-agent");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "COMPACTION_AGENTS_PLANER_TTL, planer, planner",
        "COMPACTION_AGENTS_LANNER_LOCKTIMEOUT, lanner, planner",
        "COMPACTION_AGENTS_RESERCHER_MAX_SIZE, resercher, researcher",
        "COMPACTION_AGENTS_MYAGNET_COMPACT_AT, myagnet, my-agent",
        "COMPACTION_AGENTS_MY_AGNET_MAX_SIZE, my-agnet, my-agent",
        "COMPACTION_AGENTS_AGENT_TTL, agent, my-agent",
        "COMPACTION_AGENTS_PLANNER_2_TTL, planner-2, planner"
    })
    void variableOfAnAgentThatNoFileNames_isOneWarning(
            String variable, String agent, String nearest, CapturedOutput output) {
        variables.put(variable, "1");
        try (var context = start("compaction:\n  agents: { planner: , researcher: , my-agent: }\n")) {
            assertThat(context.getBean(CompactionStates.class).names())
                    .containsExactly("planner", "researcher", "my-agent");
            assertThat(context.getBean(CompactionProperties.class).agents())
                    .containsOnlyKeys("planner", "researcher", "my-agent");
            assertThat(context.getBeanNamesForType(SessionCompactionState.class))
                    .hasSize(3);
        }
        assertWarnsOnce(
                output,
                variable,
                "there is no agent '" + agent + "'. The nearest is '" + nearest + "'.",
                "Correct the variable, or name the agent under compaction.agents in a file.");
    }

    @Test
    void variableOfAnAgentThatTheCommandLineNames_setsIt(CapturedOutput output) {
        variables.put("COMPACTION_AGENTS_LATE_TTL", "9m");
        try (var context = start("compaction:\n  agents:\n    planner:\n", "--compaction.agents.late.max-size=7")) {
            CompactionStates states = context.getBean(CompactionStates.class);
            assertThat(states.names()).containsExactlyInAnyOrder("planner", "late");
            assertThat(states.get("late").ttl()).isEqualTo(Duration.ofMinutes(9));
        }
        assertThat(warnings(output)).isEmpty();
    }

    @Test
    void variableThatMakesNoAgentWhereThereIsNone_isOneWarning(CapturedOutput output) {
        variables.put("COMPACTION_AGENTS_MY_AGENT_TTL", "9m");
        try (var context = start("spring.application.name: shop\n")) {
            assertThat(context.getBean(CompactionStates.class).names()).containsExactly("shop");
        }
        assertWarnsOnce(output, "COMPACTION_AGENTS_MY_AGENT_TTL", "there is no agent 'my-agent'. Correct the variable");
    }

    @Test
    void variableThatAloneMakesAnAgent_isOneWarning(CapturedOutput output) {
        variables.put("COMPACTION_AGENTS_PLANER_TTL", "9m");
        try (var context = start("spring.application.name: planner\n")) {
            assertThat(context.getBean(CompactionStates.class).names()).containsExactly("planer");
        }
        assertWarnsOnce(
                output,
                "The agent 'planer' is named by environment variables alone, and takes the place of 'planner'",
                "Name it under compaction.agents in a file, or correct the variable.");
    }

    @Test
    void variableWithAnAgentAsValue_isOneWarning(CapturedOutput output) {
        variables.put("COMPACTION_AGENTS_PLANNER", "30m");
        variables.put("COMPACTION_AGENTS_RESEARCHER", "");
        try (var context = start("compaction:\n  agents:\n    planner:\n    researcher: { ttl: 5m }\n")) {
            CompactionStates states = context.getBean(CompactionStates.class);
            assertThat(states.names()).containsExactly("planner", "researcher");
            assertThat(states.get("planner").ttl()).isEqualTo(Duration.ofHours(1));
            assertThat(states.get("researcher").ttl()).isEqualTo(Duration.ofMinutes(5));
        }
        assertWarnsOnce(output, "COMPACTION_AGENTS_PLANNER", "and no value of its own");
    }

    /** What Kubernetes sets for a service that is called compaction-agents. */
    @Test
    void variablesOfAServiceOfThatName_doNotStopTheStart(CapturedOutput output) {
        variables.put("COMPACTION_AGENTS_PORT", "tcp://10.0.0.1:80");
        variables.put("COMPACTION_AGENTS_PORT_80_TCP", "tcp://10.0.0.1:80");
        variables.put("COMPACTION_AGENTS_PORT_80_TCP_PROTO", "tcp");
        variables.put("COMPACTION_AGENTS_SERVICE_HOST", "10.0.0.1");
        variables.put("COMPACTION_AGENTS_SERVICE_PORT", "80");
        try (var context = start("spring.application.name: shop\n")) {
            assertThat(context.getBean(CompactionStates.class).names()).containsExactly("shop");
        }
        assertWarnsOnce(output, "COMPACTION_AGENTS_PORT\"", "there is no agent 'port'.");
    }

    private static void assertWarnsOnce(CapturedOutput output, String... told) {
        assertThat(warnings(output)).singleElement().asString().contains(told);
    }

    private static List<String> warnings(CapturedOutput output) {
        return output.getAll()
                .lines()
                .filter(line -> line.contains(" WARN ") && line.contains("EnvironmentVariables"))
                .toList();
    }

    @Test
    void variablesAlone_makeAnAgent() {
        variables.put("COMPACTION_AGENTS_PLANNER_MAX_SIZE", "9");
        try (var context = start("compaction:\n")) {
            CompactionStates states = context.getBean(CompactionStates.class);
            assertThat(states.names()).containsExactly("planner");
            assertThat(states.get("planner").maxSize()).isEqualTo(9);
        }
    }

    @Test
    void variableOutOfRange_stopsTheStart(CapturedOutput output) {
        variables.put("COMPACTION_AGENTS_MYAGENT_TTL", "0s");
        assertFails(
                output,
                "compaction:\n  agents:\n    my-agent:\n",
                "Invalid value '0s' for configuration property 'compaction.agents.my-agent.ttl'",
                "System Environment Property \"COMPACTION_AGENTS_MYAGENT_TTL\"");
    }

    @Test
    void variablesOfOthers_areLeftAlone() {
        variables.put("COMPACTION_PORT", "tcp://10.0.0.1:80");
        variables.put("COMPACTION_SERVICE_HOST", "10.0.0.1");
        try (var context = start("compaction:\n  agents:\n    planner:\n")) {
            assertThat(context.getBean(CompactionStates.class).names()).containsExactly("planner");
        }
    }

    // Injection.

    @Test
    void qualifierOfUnknownAgent_printsThoseThereAre(CapturedOutput output) {
        configuration.add(UnknownAgentUser.class);
        assertFails(
                output,
                "compaction:\n  agents:\n    planner:\n    researcher:\n",
                "Parameter 0 of constructor in " + UnknownAgentUser.class.getName(),
                "asks for a SessionCompactionState of the agent 'plannr', and there is no such agent",
                "Agents: planner, researcher.",
                "Correct the @Qualifier, or add the agent under compaction.agents.");
    }

    @Test
    void qualifierBesideAStateOfTheApplicationsOwn_printsThat(CapturedOutput output) {
        configuration.add(UnknownAgentUser.class);
        configuration.add(OwnState.class);
        assertFails(
                output,
                "compaction:\n",
                "asks for a SessionCompactionState of the agent 'plannr', and there is no such agent",
                "Agents: own.");
    }

    @Test
    void byTypeWithSeveralAgents_saysHowToChoose(CapturedOutput output) {
        configuration.add(AnyAgentUser.class);
        assertFails(
                output,
                "compaction:\n  agents:\n    planner:\n    researcher:\n",
                "Field state in " + AnyAgentUser.class.getName(),
                "by its type, but there are several: plannerCompactionState, researcherCompactionState.",
                "Say which with @Qualifier and the name of an agent");
    }

    @Test
    void templateWithoutCompactor_saysWhatIsMissing(CapturedOutput output) {
        configuration.add(TemplateUser.class);
        assertFails(
                output,
                "compaction:\n  agents:\n    planner:\n    researcher:\n",
                "Parameter 0 of method use in " + TemplateUser.class.getName(),
                "asks for a CompactionTemplate, and there is none",
                "has one if it has a Compactor",
                "Compactors: none.",
                "Define a Compactor bean");
    }

    @Test
    void advisorOfUnknownAgent_printsThoseThereAre(CapturedOutput output) {
        configuration.add(WithSpringAi.class);
        configuration.add(OneModel.class);
        configuration.add(UnknownAgentsAdvisorUser.class);
        assertFails(
                output,
                "compaction:\n  agents:\n    planner:\n",
                "a CompactionAdvisor of the agent 'plannr', and there is no such agent",
                "Agents: planner.");
    }

    @Test
    void advisorWithoutCompactor_saysWhatIsMissing(CapturedOutput output) {
        configuration.add(WithSpringAi.class);
        configuration.add(AnyAdvisorUser.class);
        assertFails(
                output,
                "compaction:\n  agents:\n    planner:\n  spring-ai:\n    keep-all-messages: true\n",
                "asks for a CompactionAdvisor, and there is none",
                "Compactors: none.",
                "with compaction-spring-ai, one ChatModel, and one SessionService or ChatMemory there is one for all");
    }

    @Test
    void advisorWithSeveralAgents_saysHowToChoose(CapturedOutput output) {
        configuration.add(WithSpringAi.class);
        configuration.add(OneModel.class);
        configuration.add(AnyAdvisorUser.class);
        assertFails(
                output,
                "compaction:\n  agents:\n    planner:\n    researcher:\n  spring-ai:\n    keep-all-messages: true\n",
                "asks for a CompactionAdvisor by its type, but there are several: plannerCompactionAdvisor, researcherCompactionAdvisor.");
    }

    @Test
    void advisorWithSeveralChatMemories_saysItNeedsOne(CapturedOutput output) {
        configuration.add(WithSpringAi.class);
        configuration.add(OneModel.class);
        configuration.add(WindowMemory.class);
        configuration.add(AnotherMemory.class);
        configuration.add(AnyAdvisorUser.class);
        assertFails(
                output,
                "compaction:\n  agents:\n    planner:\n",
                "asks for a CompactionAdvisor, and there is none",
                "An advisor also needs one SessionService or ChatMemory bean, or a primary one.");
    }

    @Test
    void templateWithSeveralCompactors_saysWhichThereAre(CapturedOutput output) {
        configuration.add(TemplateUser.class);
        configuration.add(TwoCompactors.class);
        assertFails(
                output,
                "compaction:\n  agents:\n    planner:\n    researcher:\n",
                "the only one, or the primary one, that belongs to no other agent",
                "Compactors: one, two.");
    }

    @Test
    void templateOfAStateThatNoAgentIsConfiguredFor_saysSo(CapturedOutput output) {
        configuration.add(OwnState.class);
        configuration.add(AnyTemplateUser.class);
        assertFails(
                output,
                "compaction:\n",
                "asks for a CompactionTemplate, and there is none",
                "For a state of your own, name its agent under compaction.agents");
    }

    @Test
    void notImportedAndStillInjected_saysSo(CapturedOutput output) {
        configuration.remove(Application.class);
        configuration.add(TemplateUser.class);
        assertFails(
                output,
                "",
                "the starter provides none: CompactionAutoConfiguration is excluded or not imported",
                "import CompactionAutoConfiguration; or define the bean yourself");
    }

    @Test
    void notImportedAndStatesStillInjected_saysSo(CapturedOutput output) {
        configuration.remove(Application.class);
        configuration.add(StatesUser.class);
        assertFails(
                output,
                "",
                "Field states in " + StatesUser.class.getName() + " asks for a CompactionStates, but the starter",
                "provides none: CompactionAutoConfiguration is excluded or not imported",
                "import CompactionAutoConfiguration.");
    }

    private void assertFails(CapturedOutput output, String yaml, String... seen) {
        Throwable failure = catchThrowable(() -> start(yaml).close());
        assertThat(failure).as("the start").isNotNull();
        assertThat(output).contains("APPLICATION FAILED TO START").contains(seen);
    }

    private ConfigurableApplicationContext start(String yaml, String... arguments) {
        Path file = folder.resolve("application.yml");
        try {
            Files.writeString(file, yaml);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        SpringApplication application = new SpringApplication(configuration.toArray(Class<?>[]::new));
        application.setWebApplicationType(WebApplicationType.NONE);
        application.setEnvironment(new StandardEnvironment() {
            @Override
            protected void customizePropertySources(org.springframework.core.env.MutablePropertySources sources) {
                sources.addLast(
                        new SystemEnvironmentPropertySource(SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, variables));
            }
        });
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add("--spring.config.location=" + file.toUri());
        all.add("--spring.main.banner-mode=off");
        return application.run(all.toArray(String[]::new));
    }

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration(CompactionAutoConfiguration.class)
    static class Application {}

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({
        CompactionChatMemoryAutoConfiguration.class,
        ChatMemoryCompactorAutoConfiguration.class,
        CompactionAutoConfiguration.class,
        CompactionAdvisorAutoConfiguration.class
    })
    static class WithSpringAi {}

    @Configuration(proxyBeanMethods = false)
    static class OneModel {
        @Bean
        ChatModel model() {
            return new ScriptedModel();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class AnotherModel {
        @Bean
        ChatModel another() {
            return new ScriptedModel();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class WindowMemory {
        @Bean
        ChatMemory memory() {
            return MessageWindowChatMemory.builder().build();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class AnotherMemory {
        @Bean
        ChatMemory secondMemory() {
            return MessageWindowChatMemory.builder().build();
        }
    }

    static class UnknownAgentsAdvisorUser {
        @Autowired
        UnknownAgentsAdvisorUser(@Qualifier("plannr") CompactionAdvisor advisor) {}
    }

    static class AnyAdvisorUser {
        @Autowired
        CompactionAdvisor advisor;
    }

    static class UnknownAgentUser {
        @Autowired
        UnknownAgentUser(@Qualifier("plannr") SessionCompactionState state) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnState {
        @Bean
        SessionCompactionState own() {
            return SessionCompactionState.builder().agent("own").build();
        }
    }

    static class AnyTemplateUser {
        @Autowired
        CompactionTemplate template;
    }

    static class AnyAgentUser {
        @Autowired
        SessionCompactionState state;
    }

    static class StatesUser {
        @Autowired
        CompactionStates states;
    }

    static class TemplateUser {
        @Autowired
        void use(@Qualifier("planner") CompactionTemplate template) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class TwoCompactors {
        @Bean
        Compactor one() {
            return session -> Optional.of("summary");
        }

        @Bean
        Compactor two() {
            return session -> Optional.of("summary");
        }
    }
}
