package io.github.agentcompaction.spring.boot.actuate;

import org.springframework.boot.WebApplicationType;

class CompactionOverWebFluxTests extends CompactionOverHttpTests {

    CompactionOverWebFluxTests() {
        super(WebApplicationType.REACTIVE);
    }
}
