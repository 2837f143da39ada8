package io.github.agentcompaction.spring.boot.observation;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/** Carries the logging context, which context-propagation does not by itself. */
final class LoggingContext implements ContextCarrier {

    @Override
    public Runnable apply(Runnable work) {
        Map<String, String> carried = MDC.getCopyOfContextMap();
        return () -> {
            Map<String, String> before = MDC.getCopyOfContextMap();
            replace(carried);
            try {
                work.run();
            } finally {
                replace(before);
            }
        };
    }

    private static void replace(@Nullable Map<String, String> context) {
        if (context == null) {
            MDC.clear();
        } else {
            MDC.setContextMap(context);
        }
    }
}
