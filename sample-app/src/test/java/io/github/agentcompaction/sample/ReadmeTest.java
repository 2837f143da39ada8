package io.github.agentcompaction.sample;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The sample's README shows what stands in the sample. */
class ReadmeTest {

    private static final Path README = Path.of("README.md");
    private static final Path AGENT = Path.of("src/main/java/io/github/agentcompaction/sample/agent");

    @Test
    void javaBlocks_standInTheCode() {
        List<String> sources = Stream.of("AgentConfiguration", "AdvisedCall")
                .map(name -> withoutSpace(read(AGENT.resolve(name + ".java"))))
                .toList();

        assertThat(blocks("java"))
                .hasSize(2)
                .allSatisfy(block -> assertThat(sources)
                        .anySatisfy(source -> assertThat(source).contains(withoutSpace(block))));
    }

    @Test
    void yamlBlock_standsInTheConfiguration() {
        assertThat(blocks("yaml"))
                .singleElement()
                .satisfies(block -> assertThat(read(Path.of("src/main/resources/application.yml")))
                        .contains(block));
    }

    @Test
    void links_leadSomewhere() {
        assertThat(found("\\]\\(([^):#]+)\\)"))
                .isNotEmpty()
                .allSatisfy(link -> assertThat(Path.of(link)).exists());
    }

    private static List<String> blocks(String language) {
        return found("^```" + language + "\\n(.*?)^```$");
    }

    private static List<String> found(String pattern) {
        return Pattern.compile(pattern, Pattern.MULTILINE | Pattern.DOTALL)
                .matcher(read(README))
                .results()
                .map(found -> found.group(1))
                .toList();
    }

    private static String withoutSpace(String code) {
        return code.replaceAll("\\s+", "");
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
