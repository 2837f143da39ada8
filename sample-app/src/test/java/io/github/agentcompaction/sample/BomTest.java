package io.github.agentcompaction.sample;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;

/** The BOM has no parent, so Maven does not see when it falls behind the modules. Stands here beside {@link ArchitectureTest}. */
class BomTest {

    private static final String MANAGED = "/project/dependencyManagement/dependencies/dependency";

    private final Document root = pom("");
    private final Document bom = pom("compaction-bom");

    @Test
    void bom_namesEveryPublishedModule_asTheRootDoes() {
        List<String> published = values(root, "/project/modules/module").stream()
                .filter(module -> !module.equals("compaction-bom"))
                .filter(module -> !values(pom(module), "/project/properties/maven.deploy.skip")
                        .contains("true"))
                .toList();

        assertThat(values(bom, MANAGED + "/artifactId")).containsExactlyInAnyOrderElementsOf(published);
        assertThat(values(root, MANAGED + "[groupId='io.github.agentcompaction' and not(type)]/artifactId"))
                .containsExactlyInAnyOrderElementsOf(published);
    }

    @Test
    void bom_hasTheVersionOfTheRoot_andGivesItToAll() {
        assertThat(values(bom, "/project/version")).isEqualTo(values(root, "/project/version"));
        assertThat(values(bom, MANAGED + "/version")).isNotEmpty().containsOnly("${project.version}");
    }

    /** Goals that are called in the root, such as {@code spring-boot:run}, are looked up in the BOM, too. */
    @Test
    void bom_knowsThePluginsOfTheRoot() {
        String plugin = "/project/build//plugin[artifactId='%s']/version";
        String springBoot = plugin.formatted("spring-boot-maven-plugin");
        String spotless = plugin.formatted("spotless-maven-plugin");

        assertThat(values(bom, springBoot)).isEqualTo(values(root, "/project/properties/spring-boot.version"));
        assertThat(values(bom, spotless)).isNotEmpty().isEqualTo(values(root, spotless));
    }

    private static List<String> values(Document pom, String path) {
        try {
            NodeList nodes =
                    (NodeList) XPathFactory.newInstance().newXPath().evaluate(path, pom, XPathConstants.NODESET);
            return IntStream.range(0, nodes.getLength())
                    .mapToObj(i -> nodes.item(i).getTextContent().trim())
                    .toList();
        } catch (Exception e) {
            throw new IllegalStateException(path, e);
        }
    }

    private static Document pom(String module) {
        try {
            return DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(Path.of("..", module, "pom.xml").toFile());
        } catch (Exception e) {
            throw new IllegalStateException(module, e);
        }
    }
}
