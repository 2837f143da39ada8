package io.github.agentcompaction.sample;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The sample's README shows what stands in the sample. */
class ReadmeTest {

    private static final Path AGENT = Path.of("src/main/java/io/github/agentcompaction/sample/agent");

    private final Document readme = new Document(Path.of("README.md"));

    @Test
    void javaBlocks_standInTheCode() {
        List<Path> sources = List.of(AGENT.resolve("AgentConfiguration.java"), AGENT.resolve("AdvisedCall.java"));

        assertThat(readme.blocks("java")).hasSize(2).allMatch(block -> Document.stands(block, sources));
    }

    @Test
    void yamlBlock_standsInTheConfiguration() {
        assertThat(readme.blocks("yaml"))
                .singleElement()
                .satisfies(block -> assertThat(Path.of("src/main/resources/application.yml"))
                        .content()
                        .contains(block));
    }

    @Test
    void links_leadSomewhere() {
        assertThat(readme.find("\\]\\(([^):#]+)\\)"))
                .isNotEmpty()
                .allSatisfy(link -> assertThat(Path.of(link)).exists());
    }
}
