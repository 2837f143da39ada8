package io.github.agentcompaction.spring.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.Compactor;
import io.github.agentcompaction.SessionCompactionState;
import io.github.agentcompaction.springai.CompactionAdvisor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
        "compact-at, NaN, more than 0 and at most 1"
    })
    void outOfRange_stopsTheStart(String setting, String value, String rule, CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  " + setting + ": " + value + "\n",
                "Property: compaction." + setting,
                "Value: \"" + value + "\"",
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
        "failure-cooldown, 0s, longer than zero"
    })
    void outOfRangeOfOneAgent_stopsTheStart(String setting, String value, String rule, CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  agents:\n    planner:\n      " + setting + ": " + value + "\n",
                "Property: compaction.agents.planner." + setting,
                "Value: \"" + value + "\"",
                "application.yml] - 4:",
                rule);
    }

    @ParameterizedTest
    @CsvSource({
        "max-size, 1.5",
        "max-size, 0.5",
        "max-size, .inf",
        "max-compactions, 2.5",
        "max-failures, 1.5",
        "context-window, 8192.1"
    })
    void fractionOfAWholeNumber_stopsTheStart(String setting, String value, CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  agents:\n    planner:\n      " + setting + ": " + value + "\n",
                "Property: compaction.agents.planner." + setting,
                "Value: \"" + (value.equals(".inf") ? "Infinity" : value) + "\"",
                "application.yml] - 4:",
                "It must be a whole number.",
                "remove the key to have the default");
    }

    @Test
    void fractionInTheDefaults_stopsTheStart(CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  max-size: 1.5\n",
                "Property: compaction.max-size",
                "Value: \"1.5\"",
                "application.yml] - 2:13",
                "It must be a whole number.");
    }

    @Test
    void wholeNumberWithADot_starts() {
        try (var context = start("compaction:\n  max-size: 7.0\n")) {
            assertThat(context.getBean(SessionCompactionState.class).maxSize()).isEqualTo(7);
        }
    }

    @Test
    void outOfRangeOfBracketedAgent_hasAnOrigin(CapturedOutput output) {
        assertFails(output, """
                compaction:
                  agents:
                    "[größe]": { ttl: 0s }
                """, "Property: compaction.agents.größe.ttl", "application.yml] - 3:23");
    }

    @Test
    void emptySetting_stopsTheStart(CapturedOutput output) {
        assertFails(
                output,
                """
                compaction:
                  agents:
                    planner: { ttl: }
                """,
                "Property: compaction.agents.planner.ttl",
                "Value: \"\"",
                "application.yml] - 3:20",
                "The setting has no value.",
                "Give it a value, or remove the key to have the default.");
    }

    @Test
    void emptyDefault_stopsTheStart(CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  max-size:\n",
                "Property: compaction.max-size",
                "application.yml] - 2:",
                "The setting has no value.");
    }

    @Test
    void emptySettingThatIsSetElsewhere_starts() {
        variables.put("COMPACTION_AGENTS_PLANNER_TTL", "9m");
        try (var context = start("compaction:\n  agents:\n    planner: { ttl: }\n")) {
            assertThat(context.getBean(SessionCompactionState.class).ttl()).isEqualTo(Duration.ofMinutes(9));
        }
    }

    // Keys.

    @Test
    void typo_stopsTheStart(CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  tll: 5m\n",
                "Property: compaction.tll",
                "Value: \"5m\"",
                "application.yml] - 2:8",
                "There is no such setting.",
                "Did you mean 'ttl'?");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "ttl: {x: 5m}; ttl; ttl.x",
                "ttl: [5m]; ttl; ttl[0]",
                "enabled: {x: true}; enabled; enabled.x",
                "agents: {planner: {ttl: {x: 5m}}}; ttl; agents.planner.ttl.x",
                "agents: {planner: {ttl: [5m]}}; ttl; agents.planner.ttl[0]",
                "agents: {'[a.b]': {max-size: {x: 5}}}; max-size; agents[a.b].max-size.x",
                "spring-ai: {default-advisor: {name: planner}}; default-advisor; spring-ai.default-advisor.name",
                "spring-ai: {default-advisor: [planner]}; default-advisor; spring-ai.default-advisor[0]"
            },
            quoteCharacter = '|')
    void mapOrListInPlaceOfAValue_stopsTheStart(String yaml, String setting, String key, CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  " + yaml + "\n",
                "Property: compaction." + key,
                "application.yml] - 2:",
                "'" + setting + "' is a value, not a map or a list.",
                "Write the value right after '" + setting + "', and nothing below it.");
        assertThat(output).doesNotContain("Did you mean", "in quotes and brackets");
    }

    @Test
    void typoOfAnAgent_stopsTheStart(CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  agents:\n    planner:\n      max-sizes: 5\n",
                "Property: compaction.agents.planner.max-sizes",
                "Value: \"5\"",
                "application.yml] - 4:18",
                "The agent 'planner' has no setting 'max-sizes'.",
                "Did you mean 'max-size'?");
    }

    @Test
    void agentsAtTheWrongPlace_stopsTheStart(CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  planner:\n    ttl: 5m\n",
                "Property: compaction.planner.ttl",
                "There is no such setting.",
                "The settings are enabled, ttl, max-size");
    }

    @Test
    void agentAsValue_stopsTheStart(CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  agents: planner\n",
                "Property: compaction.agents",
                "Value: \"planner\"",
                "application.yml] - 2:11",
                "such as compaction.agents.planner: with nothing after it");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[planner, researcher]", "[{ttl: 5m}]"})
    void agentsAsList_stopsTheStart(String list, CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  agents: " + list + "\n",
                "Property: compaction.agents[0]",
                "'0' is a place in a list",
                "application.yml] - 2:",
                "Write each agent as a key of its own under compaction.agents");
    }

    @Test
    void agentWithAValueOfItsOwn_stopsTheStart(CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  agents:\n    planner: 30m\n",
                "Property: compaction.agents.planner",
                "Value: \"30m\"",
                "application.yml] - 3:14",
                "An agent has settings below it");
    }

    @Test
    void typoForSpringAi_stopsTheStart(CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  spring-ai:\n    default-adviser: planner\n",
                "Property: compaction.spring-ai.default-adviser",
                "Value: \"planner\"",
                "application.yml] - 3:22",
                "There is no such setting.",
                "Did you mean 'default-advisor'?",
                "The settings are default-advisor, keep-all-messages, decorate-chat-memory, decorate-session-service, session-service-agent.");
    }

    @Test
    void springAiAsValue_stopsTheStart(CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  spring-ai: true\n",
                "Property: compaction.spring-ai",
                "Value: \"true\"",
                "Spring AI has settings below it",
                "Set one of default-advisor, keep-all-messages, decorate-chat-memory, decorate-session-service, session-service-agent below it.");
    }

    @Test
    void emptySettingForSpringAi_stopsTheStart(CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  spring-ai:\n    default-advisor:\n",
                "Property: compaction.spring-ai.default-advisor",
                "The setting has no value.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"spring-ai:\n    decorate-chat-memory: false", "springAi:\n    decorateChatMemory: no"})
    void settingForSpringAi_inAnySpelling_isAccepted(String yaml) {
        try (var context = start("compaction:\n  " + yaml + "\n")) {
            assertThat(context.getBean(CompactionProperties.class).springAi().decorateChatMemory())
                    .isFalse();
        }
    }

    @Test
    void defaultAdvisorOfUnknownAgent_printsThoseThereAre(CapturedOutput output) {
        configuration.add(WithSpringAi.class);
        configuration.add(OneModel.class);
        assertFails(
                output,
                "compaction:\n  agents:\n    planner:\n    researcher:\n  spring-ai:\n    default-advisor: Planner\n",
                "Property: compaction.spring-ai.default-advisor",
                "Value: \"Planner\"",
                "application.yml] - 6:22",
                "The agent 'Planner' has no CompactionAdvisor. Agents with one: planner, researcher.",
                "Name one of those");
    }

    @Test
    void defaultAdvisorWithoutCompactor_saysWhatIsMissing(CapturedOutput output) {
        configuration.add(WithSpringAi.class);
        assertFails(
                output,
                "compaction:\n  agents:\n    planner:\n  spring-ai:\n    default-advisor: planner\n",
                "The agent 'planner' has no CompactionAdvisor. Agents with one: none.",
                "one for all comes with a ChatModel bean");
    }

    @Test
    void defaultAdvisorWithoutAdvisors_saysWhatIsMissing(CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  agents:\n    planner:\n  spring-ai:\n    default-advisor: planner\n",
                "Property: compaction.spring-ai.default-advisor",
                "they need compaction-spring-ai on the class path, and one ChatMemory bean",
                "io.github.agentcompaction:compaction-spring-ai");
    }

    @Test
    void severalModels_saysHowToChoose(CapturedOutput output) {
        configuration.add(WithSpringAi.class);
        configuration.add(OneModel.class);
        configuration.add(AnotherModel.class);
        assertFails(
                output,
                "compaction:\n  agents:\n    planner:\n  spring-ai:\n    default-advisor: planner\n",
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
                "compaction:\n  agents:\n    planner:\n  spring-ai:\n    default-advisor: planner\n    decorate-chat-memory: false\n",
                "The ChatMemory bean is a " + MessageWindowChatMemory.class.getName(),
                "unless compaction.spring-ai.decorate-chat-memory is false",
                "new ConcurrentChatMemory(memory, repository)");
    }

    // Names.

    @Test
    void nonAsciiName_stopsTheStart(CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  agents:\n    größe: { ttl: 5m }\n",
                "Property: compaction.agents.größe.ttl",
                "Value: \"5m\"",
                "application.yml] - 3:19",
                "would read the agent's name 'größe' as 'gre'",
                "\"[größe]\"");
    }

    @Test
    void nameWithoutAnyLetterOfTheAlphabet_stopsTheStart(CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  agents:\n    日本:\n",
                "Property: compaction.agents.日本",
                "application.yml] - 3:",
                "as ''",
                "\"[日本]\"");
    }

    @Test
    void nameWithSpace_stopsTheStart(CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  agents:\n    my agent: { max-size: 5 }\n",
                "Property: compaction.agents.my agent.max-size",
                "application.yml] - 3:",
                "as 'myagent'",
                "\"[my agent]\"");
    }

    @Test
    void nameWithDot_stopsTheStart(CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  agents:\n    a.b: { ttl: 5m }\n",
                "Property: compaction.agents.a.b.ttl",
                "Value: \"5m\"",
                "application.yml] - 3:17",
                "A dot ends the name of an agent",
                "\"[a.b]\"");
    }

    @Test
    void nameWithDotAndNoSettings_stopsTheStart(CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  agents:\n    a.b:\n",
                "Property: compaction.agents.a.b",
                "The agent 'a' has no setting 'b'.",
                "\"[a.b]\"");
    }

    @ParameterizedTest
    @CsvSource({
        "on, true",
        "yes, true",
        "true, true",
        "off, false",
        "no, false",
        "null, null",
        "~, null",
        "'\"[true]\"', true"
    })
    void nameThatYamlReadsAsAValue_stopsTheStart(String name, String read, CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  agents:\n    " + name + ": { ttl: 5m }\n",
                "Property: compaction.agents[" + read + "].ttl",
                "Value: \"5m\"",
                "application.yml] - 3:",
                "YAML reads",
                "without quotes as " + read,
                "Write the name in quotes");
    }

    @Test
    void nameThatYamlReadsAsAValue_isAcceptedInQuotes() {
        try (var context =
                start("compaction:\n  agents: { \"on\": , \"true\": { ttl: 5m }, \"[no]\": , \"null\": }\n")) {
            CompactionStates states = context.getBean(CompactionStates.class);
            assertThat(states.names()).containsExactly("on", "true", "no", "null");
            assertThat(states.get("true").ttl()).isEqualTo(Duration.ofMinutes(5));
        }
    }

    @ParameterizedTest
    @CsvSource({"'\"\": { ttl: 5m }', ..ttl", "'\"\":', .", "'\"[]\": { ttl: 5m }', [].ttl", "'\"[ ]\":', [ ]"})
    void blankName_stopsTheStart(String yaml, String key, CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  agents:\n    " + yaml + "\n",
                "Property: compaction.agents" + key,
                "application.yml] - 3:",
                "The agent's name is blank.",
                "Give the agent a name.");
    }

    @Test
    void bracketedNames_areExact() {
        try (var context = start("""
                compaction:
                  agents:
                    "[größe]": { ttl: 5m }
                    "[my agent]":
                    "[a.b]": { max-size: 7 }
                    my_agent:
                    planner2:
                """)) {
            CompactionStates states = context.getBean(CompactionStates.class);
            assertThat(states.names()).containsExactly("größe", "my agent", "a.b", "my_agent", "planner2");
            assertThat(states.get("größe").ttl()).isEqualTo(Duration.ofMinutes(5));
            assertThat(states.get("a.b").maxSize()).isEqualTo(7);
        }
    }

    @ParameterizedTest
    @CsvSource({"planner, Planner", "my-agent, myAgent"})
    void namesThatBindAlike_stopTheStart(String one, String other, CapturedOutput output) {
        assertFails(
                output,
                "compaction:\n  agents:\n    " + one + ": { ttl: 5m }\n    " + other + ": { max-size: 7 }\n",
                "Property: compaction.agents." + other + ".max-size",
                "Value: \"7\"",
                "application.yml] - 4:",
                "The agents '" + one + "'",
                "application.yml] - 3:",
                "are one name to Spring Boot",
                "rename one");
    }

    @Test
    void emptyMaps_meanAllDefaults() {
        try (var context = start("compaction:\n  agents:\n    planner: {}\n    researcher:\n")) {
            assertThat(context.getBean(CompactionStates.class).names()).containsExactly("planner", "researcher");
        }
    }

    @Test
    void noAgentsBelowAgents_oneNamedAfterTheApplication() {
        try (var context = start("spring.application.name: shop\ncompaction:\n  agents:\n")) {
            assertThat(context.getBean(CompactionStates.class).names()).containsExactly("shop");
        }
    }

    // Environment variables.

    @ParameterizedTest
    @ValueSource(strings = {"COMPACTION_AGENTS_MYAGENT_TTL", "COMPACTION_AGENTS_MY_AGENT_TTL"})
    void variableOfAnAgentWithADash_setsItAndMakesNoOther(String variable) {
        variables.put(variable, "9m");
        try (var context = start("compaction:\n  agents:\n    my-agent: { max-size: 7 }\n")) {
            CompactionStates states = context.getBean(CompactionStates.class);
            assertThat(states.names()).containsExactly("my-agent");
            assertThat(states.get("my-agent").ttl()).isEqualTo(Duration.ofMinutes(9));
            assertThat(states.get("my-agent").maxSize()).isEqualTo(7);
            assertThat(context.getBeanNamesForType(SessionCompactionState.class))
                    .hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"COMPACTION_AGENTS_MYAGENT_MAXSIZE", "COMPACTION_AGENTS_MYAGENT_MAX_SIZE"})
    void variableThatCannotNameItsAgent_stopsTheStart(String variable, CapturedOutput output) {
        variables.put(variable, "9");
        assertFails(
                output,
                "compaction:\n  agents:\n    \"[my agent]\": { ttl: 7m }\n",
                "Property: compaction.agents.myagent.max",
                "Value: \"9\"",
                "Origin: System Environment Property \"" + variable + "\"",
                "No environment variable can name the agent 'my agent'",
                "application.yml] - 3:",
                "so this one would make one more agent, 'myagent'",
                "--compaction.agents[my agent].max-size=...");
    }

    @Test
    void variableOfANameInNeedlessBrackets_stopsTheStart(CapturedOutput output) {
        variables.put("COMPACTION_AGENTS_MYAGENT_TTL", "9m");
        assertFails(
                output,
                "compaction:\n  agents:\n    \"[my-agent]\": { max-size: 7 }\n",
                "No environment variable can name the agent 'my-agent'",
                "give the agent a name without brackets");
    }

    @Test
    void variableOfABracketedNameThatItCanSpell_setsItAndMakesNoOther() {
        variables.put("COMPACTION_AGENTS_PLANNER_TTL", "9m");
        try (var context = start("compaction:\n  agents:\n    \"[Planner]\": { max-size: 7 }\n")) {
            CompactionStates states = context.getBean(CompactionStates.class);
            assertThat(states.names()).containsExactly("Planner");
            assertThat(states.get("Planner").ttl()).isEqualTo(Duration.ofMinutes(9));
        }
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
                "Property: compaction.agents.my-agent.ttl",
                "Value: \"0s\"",
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
                "Parameter 0 of the constructor in " + UnknownAgentUser.class.getName(),
                "the SessionCompactionState of the agent 'plannr', and there is no such agent",
                "Agents: planner, researcher.",
                "Correct the @Qualifier",
                "compaction.agents.plannr:");
    }

    @Test
    void byTypeWithSeveralAgents_saysHowToChoose(CapturedOutput output) {
        configuration.add(AnyAgentUser.class);
        assertFails(
                output,
                "compaction:\n  agents:\n    planner:\n    researcher:\n",
                "Field state in " + AnyAgentUser.class.getName(),
                "there are several agents: planner, researcher",
                "@Qualifier(\"planner\")");
    }

    @Test
    void templateWithoutCompactor_saysWhatIsMissing(CapturedOutput output) {
        configuration.add(TemplateUser.class);
        assertFails(
                output,
                "compaction:\n  agents:\n    planner:\n    researcher:\n",
                "Parameter 0 of the method use in " + TemplateUser.class.getName(),
                "the CompactionTemplate of the agent 'planner'",
                "that needs a Compactor, of which there is no bean",
                "Define a bean of type io.github.agentcompaction.Compactor",
                "@Qualifier(\"planner\")");
    }

    @Test
    void advisorOfUnknownAgent_printsThoseThereAre(CapturedOutput output) {
        configuration.add(WithSpringAi.class);
        configuration.add(OneModel.class);
        configuration.add(UnknownAgentsAdvisorUser.class);
        assertFails(
                output,
                "compaction:\n  agents:\n    planner:\n",
                "the CompactionAdvisor of the agent 'plannr', and there is no such agent",
                "Agents: planner.");
    }

    @Test
    void advisorWithoutCompactor_saysWhatIsMissing(CapturedOutput output) {
        configuration.add(WithSpringAi.class);
        configuration.add(AnyAdvisorUser.class);
        assertFails(
                output,
                "compaction:\n  agents:\n    planner:\n  spring-ai:\n    keep-all-messages: true\n",
                "asks for the CompactionAdvisor of an agent, and that needs a Compactor, of which there is no bean",
                "With compaction-spring-ai, one ChatModel and one ChatMemory there is a Compactor for all.");
    }

    @Test
    void advisorWithSeveralAgents_saysHowToChoose(CapturedOutput output) {
        configuration.add(WithSpringAi.class);
        configuration.add(OneModel.class);
        configuration.add(AnyAdvisorUser.class);
        assertFails(
                output,
                "compaction:\n  agents:\n    planner:\n    researcher:\n  spring-ai:\n    keep-all-messages: true\n",
                "asks for a CompactionAdvisor by its type, but there are several agents: planner, researcher");
    }

    @Test
    void advisorWithSeveralChatMemories_saysWhichThereAre(CapturedOutput output) {
        configuration.add(WithSpringAi.class);
        configuration.add(OneModel.class);
        configuration.add(WindowMemory.class);
        configuration.add(AnotherMemory.class);
        configuration.add(AnyAdvisorUser.class);
        assertFails(
                output,
                "compaction:\n  agents:\n    planner:\n",
                "an advisor needs one ChatMemory bean, or a primary one. ChatMemory beans: memory, secondMemory.",
                "mark one as @Primary");
    }

    @Test
    void templateWithSeveralCompactors_saysWhichThereAre(CapturedOutput output) {
        configuration.add(TemplateUser.class);
        configuration.add(TwoCompactors.class);
        assertFails(
                output,
                "compaction:\n  agents:\n    planner:\n    researcher:\n",
                "no Compactor is clearly its own. There are: one, two",
                "@Qualifier(\"planner\")");
    }

    @Test
    void templateOfAStateThatNoAgentIsConfiguredFor_saysSo(CapturedOutput output) {
        configuration.add(OwnState.class);
        configuration.add(AnyTemplateUser.class);
        assertFails(
                output,
                "compaction:\n",
                "asks for the CompactionTemplate of an agent, and no agent is configured",
                "Name the agent of that state under compaction.agents");
    }

    @Test
    void disabledAndStillInjected_saysSo(CapturedOutput output) {
        configuration.add(TemplateUser.class);
        assertFails(
                output,
                "compaction:\n  enabled: false\n",
                "the starter provides none: compaction.enabled is false",
                "Remove compaction.enabled=false");
    }

    @Test
    void disabledAndStatesStillInjected_saysSo(CapturedOutput output) {
        configuration.add(StatesUser.class);
        assertFails(
                output,
                "compaction:\n  enabled: false\n",
                "Field states in " + StatesUser.class.getName() + " asks for the CompactionStates, but the starter",
                "provides none: compaction.enabled is false",
                "Remove compaction.enabled=false");
    }

    private void assertFails(CapturedOutput output, String yaml, String... seen) {
        Throwable failure = catchThrowable(() -> start(yaml).close());
        assertThat(failure).as("the start").isNotNull();
        assertThat(output).contains("APPLICATION FAILED TO START").contains(seen);
    }

    private ConfigurableApplicationContext start(String yaml) {
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
        return application.run("--spring.config.location=" + file.toUri(), "--spring.main.banner-mode=off");
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
