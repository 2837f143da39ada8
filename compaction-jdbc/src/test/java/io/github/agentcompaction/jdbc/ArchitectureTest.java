package io.github.agentcompaction.jdbc;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.time.Clock;
import java.time.Instant;
import java.util.Date;
import org.junit.jupiter.api.Test;

/** What no test of behavior would find. */
class ArchitectureTest {

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.github.agentcompaction.jdbc");

    /** A replica whose clock is wrong, or is set, then harms nobody: all times are the database's. */
    @Test
    void theJvmsWallClock_isNotRead() {
        noClasses().should().callMethod(System.class, "currentTimeMillis").check(CLASSES);
        noClasses()
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(Instant.class, Clock.class, Date.class)
                .check(CLASSES);
    }

    @Test
    void theDriverOfPostgres_isNeededByItsListenerOnly() {
        noClasses()
                .that()
                .doNotHaveSimpleName("PostgresListener")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.postgresql..")
                .check(CLASSES);
    }

    @Test
    void springBoot_isNotNeeded() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "org.springframework.boot..", "org.springframework.ai..", "org.springframework.orm..")
                .check(CLASSES);
    }
}
