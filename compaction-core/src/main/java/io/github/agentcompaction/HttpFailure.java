package io.github.agentcompaction;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the exception of an HTTP client tells about the answer, whatever client that is: status, body, and the provider's
 * own names for the error.
 *
 * <p>Read by reflection through public accessors, so that no client is a dependency. What cannot be read is absent.
 */
final class HttpFailure {

    /** {@code code} is that of Google's client; with others it may be a text, which is no status. */
    private static final Accessors STATUS = new Accessors("statusCode", "getStatusCode", "getRawStatusCode", "code");

    /** The number in an object such as Spring's {@code HttpStatusCode}. */
    private static final Accessors VALUE = new Accessors("value");

    /** Spring's clients keep the body apart, and shorten it in the message or leave it out. */
    private static final Accessors BODY = new Accessors("getResponseBodyAsString");

    /** The fields of the provider's answer that its SDK keeps apart: the message has only the text. */
    private static final Accessors NAMES = new Accessors("code", "type");

    private HttpFailure() {}

    static OptionalInt status(Throwable failure) {
        return STATUS.read(failure)
                .flatMap(status -> status instanceof Number ? Stream.of(status) : VALUE.read(status))
                .filter(Number.class::isInstance)
                .mapToInt(status -> ((Number) status).intValue())
                .findFirst();
    }

    static Optional<String> body(Throwable failure) {
        return BODY.read(failure)
                .filter(String.class::isInstance)
                .map(String.class::cast)
                .findFirst();
    }

    static Stream<String> names(Throwable failure) {
        return NAMES.read(failure)
                .flatMap(name -> name instanceof Optional<?> optional ? optional.stream() : Stream.of(name))
                .filter(String.class::isInstance)
                .map(String.class::cast);
    }

    /**
     * The accessors of some names that each class has.
     *
     * <p>Holds nothing but the JDK's classes, so that an entry at a class of the JDK does not keep this library loaded.
     */
    private static final class Accessors extends ClassValue<List<Method>> {

        private final List<String> names;

        Accessors(String... names) {
            this.names = List.of(names);
        }

        Stream<Object> read(Object target) {
            return get(target.getClass()).stream().flatMap(accessor -> Stream.ofNullable(invoke(accessor, target)));
        }

        @Override
        protected List<Method> computeValue(Class<?> type) {
            return names.stream().flatMap(name -> find(type, name)).toList();
        }

        private static Stream<Method> find(Class<?> type, String name) {
            try {
                Method accessor = type.getMethod(name);
                return accessor.trySetAccessible() ? Stream.of(accessor) : Stream.empty();
            } catch (NoSuchMethodException | SecurityException | LinkageError e) {
                return Stream.empty();
            }
        }

        private static @Nullable Object invoke(Method accessor, Object target) {
            try {
                return accessor.invoke(target);
            } catch (IllegalAccessException | InvocationTargetException e) {
                return null;
            }
        }
    }
}
