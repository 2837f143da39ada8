package io.github.agentcompaction.sample.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.springframework.ai.model.openai.autoconfigure.OpenAiCommonProperties;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.stereotype.Component;

/**
 * Points the OpenAI client at the embedded model, unless {@code spring.ai.openai.base-url} or {@code
 * spring.ai.openai.api-key} is set.
 *
 * <p>It looks at the bound properties, not at a bean condition: those are decided at build time under AOT.
 */
@Component
final class ModelConnection implements BeanPostProcessor {

    private final ObjectProvider<EmbeddedModel> embedded;

    ModelConnection(ObjectProvider<EmbeddedModel> embedded) {
        this.embedded = embedded;
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String name) {
        if (bean instanceof OpenAiCommonProperties client
                && client.getBaseUrl() == null
                && client.getApiKey() == null) {
            try {
                client.setBaseUrl(embedded.getObject().start().toString());
                client.setApiKey("none-needed");
            } catch (IOException e) {
                throw new UncheckedIOException(
                        "The embedded model could not open a port on the loopback interface.", e);
            }
        }
        return bean;
    }
}
