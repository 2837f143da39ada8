package io.github.agentcompaction.sample;

import io.github.agentcompaction.sample.model.ModelProbe;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.boot.micrometer.metrics.test.autoconfigure.AutoConfigureMetrics;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Import;

/** Starts the whole sample on a random loopback port, with a database in memory and a {@link ModelProbe}. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@SpringBootTest(
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = {
            SampleTest.DATABASE_IN_MEMORY,
            "sample.embedded-model.answer-time=0ms",
            "sample.embedded-model.summary-time=0ms"
        })
@AutoConfigureMetrics
@Import(ModelProbe.class)
public @interface SampleTest {

    String DATABASE_IN_MEMORY =
            "spring.datasource.url=jdbc:h2:mem:${random.uuid};DB_CLOSE_DELAY=-1;DB_CLOSE_ON_EXIT=FALSE;LOCK_TIMEOUT=10000";
}
