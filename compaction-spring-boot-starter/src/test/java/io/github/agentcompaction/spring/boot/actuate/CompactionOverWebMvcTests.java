package io.github.agentcompaction.spring.boot.actuate;

import org.springframework.boot.WebApplicationType;

class CompactionOverWebMvcTests extends CompactionOverHttpTests {

    CompactionOverWebMvcTests() {
        super(WebApplicationType.SERVLET);
    }
}
