/** Wiring of Spring AI and {@code spring-ai-session}, where the application has them. */
@NullMarked
package io.github.agentcompaction.spring.boot.springai;

import org.jspecify.annotations.NullMarked;
