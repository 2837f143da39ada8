package io.github.agentcompaction.spring.boot.store;

import io.github.agentcompaction.spring.boot.autoconfigure.CompactionAutoConfiguration;
import java.util.Arrays;
import java.util.Optional;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.annotation.Configuration;

/** A real application, for what Spring Boot prints when its start fails. */
@Configuration(proxyBeanMethods = false)
@ImportAutoConfiguration({
    CompactionAutoConfiguration.class,
    CompactionStoreAutoConfiguration.class,
    JdbcStoreAutoConfiguration.class,
    RedisStoreAutoConfiguration.class
})
class StoreApplication {

    /** {@return what stopped the start} */
    static Optional<Exception> start(String... properties) {
        String[] arguments =
                Arrays.stream(properties).map(property -> "--" + property).toArray(String[]::new);
        try (var context = new SpringApplicationBuilder(StoreApplication.class)
                .web(WebApplicationType.NONE)
                .run(arguments)) {
            return Optional.empty();
        } catch (Exception e) {
            return Optional.of(e);
        }
    }
}
