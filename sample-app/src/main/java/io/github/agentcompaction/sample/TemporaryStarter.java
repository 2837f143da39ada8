package io.github.agentcompaction.sample;

import io.github.agentcompaction.*;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class TemporaryStarter {
    @Bean
    @Qualifier("planner")
    CompactionTemplate plannerCompactionTemplate(@Qualifier("planner") Compactor c) {
        return CompactionTemplate.builder(
                        SessionCompactionState.builder().agent("planner").build(), c)
                .build();
    }

    @Bean
    @Qualifier("researcher")
    CompactionTemplate researcherCompactionTemplate(@Qualifier("researcher") Compactor c) {
        return CompactionTemplate.builder(
                        SessionCompactionState.builder().agent("researcher").build(), c)
                .build();
    }
}
