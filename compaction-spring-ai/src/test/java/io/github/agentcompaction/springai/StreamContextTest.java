package io.github.agentcompaction.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import java.io.File;
import java.lang.reflect.Method;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

class StreamContextTest {

    private final ObservationRegistry registry = ObservationRegistry.create();

    StreamContextTest() {
        registry.observationConfig().observationHandler(context -> true);
    }

    @Test
    void visible_theStreamsObservationIsCurrent_untilItReturns() {
        Observation observation = Observation.start("stream", registry);
        Context context = Context.of(ObservationThreadLocalAccessor.KEY, observation);

        assertThat(StreamContext.visible(context, registry::getCurrentObservation))
                .isSameAs(observation);
        assertThatThrownBy(() -> StreamContext.visible(context, StreamContextTest::fail))
                .hasMessage("as it may");
        assertThat(registry.getCurrentObservation()).isNull();
    }

    /** Without anything in the stream, what the thread has counts. */
    @Test
    void visible_emptyContext_changesNothing() {
        Observation observation = Observation.start("thread", registry);
        try (Observation.Scope scope = observation.openScope()) {
            assertThat(StreamContext.visible(Context.empty(), registry::getCurrentObservation))
                    .isSameAs(scope.getCurrentObservation());
        }
    }

    /** With the jar really missing: a class that refers to it would not load. */
    @Test
    void visible_withoutContextPropagation_callsAllTheSame() throws Exception {
        URL[] left = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(path -> !path.contains("context-propagation"))
                .map(StreamContextTest::url)
                .toArray(URL[]::new);
        try (URLClassLoader loader = new URLClassLoader(left, ClassLoader.getPlatformClassLoader())) {
            assertThatThrownBy(() -> loader.loadClass("io.micrometer.context.ContextSnapshotFactory"))
                    .isInstanceOf(ClassNotFoundException.class);
            Object empty =
                    loader.loadClass(Context.class.getName()).getMethod("empty").invoke(null);
            Method visible = loader.loadClass(StreamContext.class.getName())
                    .getDeclaredMethod("visible", loader.loadClass(ContextView.class.getName()), Supplier.class);
            visible.setAccessible(true);
            Supplier<String> call = () -> "called";

            assertThat(visible.invoke(null, empty, call)).isEqualTo("called");
        }
    }

    private static URL url(String path) {
        try {
            return Path.of(path).toUri().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static String fail() {
        throw new IllegalStateException("as it may");
    }
}
