package io.github.agentcompaction.sample;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The arrows between the modules go one way: sample, starter, Spring AI and the stores, core. Stands here because the sample sees them all. */
class ArchitectureTest {

    private static final String CORE = "io.github.agentcompaction";
    private static final String STORE = "io.github.agentcompaction.store";

    /** Part of the core that only the stores may use besides. */
    private static final String TIMING = "io.github.agentcompaction.timing";

    private static final String JDBC = "io.github.agentcompaction.jdbc..";
    private static final String SPRING_AI = "io.github.agentcompaction.springai..";
    private static final String STARTER = "io.github.agentcompaction.spring.boot..";
    private static final String SAMPLE = "io.github.agentcompaction.sample..";

    private static final JavaClasses ALL = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.github.agentcompaction");

    /** Without what ahead-of-time processing adds to every package, if it has run. */
    private static final JavaClasses WRITTEN =
            ALL.that(describe("written by hand", type -> !type.getName().contains("__")));

    @Test
    void everyModule_isSeen() {
        assertThat(Set.of(CORE, STORE, JDBC, SPRING_AI, STARTER, SAMPLE))
                .allSatisfy(module -> assertThat(ALL.stream().filter(resideInAPackage(module)))
                        .isNotEmpty());
    }

    @Test
    void arrows_goOneWay() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("core")
                .definedBy(CORE, STORE, TIMING)
                .layer("jdbc")
                .definedBy(JDBC)
                .layer("spring-ai")
                .definedBy(SPRING_AI)
                .layer("starter")
                .definedBy(STARTER)
                .layer("sample")
                .definedBy(SAMPLE)
                .whereLayer("sample")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("starter")
                .mayOnlyBeAccessedByLayers("sample")
                .whereLayer("spring-ai")
                .mayOnlyBeAccessedByLayers("starter", "sample")
                .whereLayer("jdbc")
                .mayOnlyBeAccessedByLayers("starter") // the sample only names it in its pom.xml
                .whereLayer("core")
                .mayOnlyBeAccessedByLayers("jdbc", "spring-ai", "starter", "sample")
                .check(ALL);
    }

    /** In the sample: the web interface asks the agents, the agents tell their progress, and the model is by itself. */
    @Test
    void arrowsInTheSample_goOneWay() {
        layeredArchitecture()
                .consideringOnlyDependenciesInAnyPackage(SAMPLE)
                .layer("start")
                .definedBy("io.github.agentcompaction.sample")
                .layer("web")
                .definedBy("io.github.agentcompaction.sample.web")
                .layer("agent")
                .definedBy("io.github.agentcompaction.sample.agent")
                .layer("progress")
                .definedBy("io.github.agentcompaction.sample.progress")
                .layer("model")
                .definedBy("io.github.agentcompaction.sample.model")
                .ensureAllClassesAreContainedInArchitectureIgnoring(resideOutsideOfPackage(SAMPLE))
                .whereLayer("web")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("model")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("agent")
                .mayOnlyBeAccessedByLayers("web")
                .whereLayer("progress")
                .mayOnlyBeAccessedByLayers("web", "agent")
                .check(WRITTEN);
    }

    @Test
    void springAi_knowsNoSpringBoot() {
        noClasses()
                .that()
                .resideInAPackage(SPRING_AI)
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.springframework.boot..")
                .check(ALL);
    }

    @Test
    void core_knowsNothingButTheJdkAndCaffeine() {
        classes()
                .that()
                .resideInAnyPackage(CORE, STORE, TIMING)
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(
                        CORE,
                        STORE,
                        TIMING,
                        "java..",
                        "com.github.benmanes.caffeine.cache..",
                        "org.jspecify.annotations.."))
                .check(ALL);
    }

    /** What parks inside of a monitor pins the carrier of a virtual thread up to Java 23; later ones cannot test that. */
    @Test
    void whereThreadsWait_thereAreNoMonitors() throws IOException {
        for (String module :
                List.of("compaction-core", "compaction-jdbc", "compaction-redis", "compaction-spring-ai")) {
            try (Stream<Path> sources = Files.walk(Path.of("..", module, "src", "main", "java"))) {
                assertThat(sources.filter(file -> file.toString().endsWith(".java")))
                        .isNotEmpty()
                        .allSatisfy(file -> assertThat(file).content().doesNotContainPattern("\\bsynchronized\\b"));
            }
        }
    }

    @Test
    void autoConfiguration_doesNotNeedMetersOrActuator() {
        noClasses()
                .that()
                .resideInAPackage("io.github.agentcompaction.spring.boot.autoconfigure..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.github.agentcompaction.spring.boot.metrics..",
                        "io.github.agentcompaction.spring.boot.actuate..",
                        "io.micrometer.core..") // io.micrometer.observation comes with every Spring
                .check(ALL);
    }

    @Test
    void packages_areInOneModuleEach() {
        Map<String, Set<String>> places = WRITTEN.stream()
                .filter(type -> type.getSource().isPresent())
                .collect(Collectors.groupingBy(
                        JavaClass::getPackageName, Collectors.mapping(ArchitectureTest::place, Collectors.toSet())));

        assertThat(places)
                .isNotEmpty()
                .allSatisfy((name, modules) -> assertThat(modules).hasSize(1));
    }

    /** The jar or folder that a class comes from. */
    private static String place(JavaClass type) {
        URI uri = type.getSource().orElseThrow().getUri();
        return uri.toString().replaceAll("io/github/agentcompaction/.*", "");
    }
}
