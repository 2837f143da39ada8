package io.github.agentcompaction.spring.boot;

import java.util.function.Consumer;
import org.springframework.aot.test.generate.TestGenerationContext;
import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.test.tools.TestCompiler;

/** A context that is written down as code, as an ahead-of-time build does; the code is compiled, and a context starts from it. */
public final class ProcessedContext {

    private ProcessedContext() {}

    /** Processes and starts an application, each with its own property values. */
    @SuppressWarnings("unchecked") // the generated class is known by its raw type
    public static void start(
            Class<?> application, String[] atBuild, String[] atStart, Consumer<GenericApplicationContext> started) {
        AnnotationConfigApplicationContext build =
                new AnnotationConfigApplicationContext(); // refreshed by the processing
        TestPropertyValues.of(atBuild).applyTo(build);
        build.register(application);
        TestGenerationContext generated = new TestGenerationContext();
        new ApplicationContextAotGenerator().processAheadOfTime(build, generated);
        generated.writeGeneratedContent();
        TestCompiler.forSystem().with(generated).compile(compiled -> {
            ApplicationContextInitializer<GenericApplicationContext> initializer =
                    compiled.getInstance(ApplicationContextInitializer.class);
            try (GenericApplicationContext context = new GenericApplicationContext()) {
                TestPropertyValues.of(atStart).applyTo(context);
                initializer.initialize(context);
                context.refresh();
                started.accept(context);
            }
        });
    }
}
