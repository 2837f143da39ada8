package io.github.agentcompaction.spring.boot.autoconfigure;

import io.github.agentcompaction.springai.ConcurrentChatMemory;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.memory.MessageWindowChatMemory;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.core.env.Environment;
import org.springframework.util.ReflectionUtils;

/** Puts a {@link ConcurrentChatMemory} around the application's own, or Spring AI's, {@link MessageWindowChatMemory}. */
final class ChatMemoryDecorator implements BeanPostProcessor {

    static final String KEEP_ALL_MESSAGES = "compaction.spring-ai.keep-all-messages";
    static final String PROPERTY = "compaction.spring-ai.decorate-chat-memory";

    private final ConfigurableListableBeanFactory beanFactory;
    private final Environment environment;

    ChatMemoryDecorator(ConfigurableListableBeanFactory beanFactory, Environment environment) {
        this.beanFactory = beanFactory;
        this.environment = environment;
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String beanName) {
        if (bean instanceof MessageWindowChatMemory window && mayBeAnother(beanName) && isEnabled()) {
            ChatMemoryRepository repository = repositoryOf(window);
            if (repository != null) {
                return new ConcurrentChatMemory(window, repository);
            }
        }
        return bean;
    }

    private boolean isEnabled() {
        return environment.getProperty(PROPERTY, Boolean.class, true);
    }

    /** Whether the bean is declared as a type that the decorator has, too: others may be injected by their class. */
    private boolean mayBeAnother(String beanName) {
        if (!beanFactory.containsBeanDefinition(beanName)
                || !(beanFactory.getMergedBeanDefinition(beanName) instanceof RootBeanDefinition definition)) {
            return false;
        }
        Method factoryMethod = definition.getResolvedFactoryMethod();
        return factoryMethod != null && factoryMethod.getReturnType().isAssignableFrom(ConcurrentChatMemory.class);
    }

    /** The memory does not tell, and guessing would be wrong for one that has a repository of its own. */
    private static @Nullable ChatMemoryRepository repositoryOf(MessageWindowChatMemory window) {
        Field field = ReflectionUtils.findField(MessageWindowChatMemory.class, null, ChatMemoryRepository.class);
        if (field == null) {
            return null;
        }
        ReflectionUtils.makeAccessible(field);
        return (ChatMemoryRepository) ReflectionUtils.getField(field, window);
    }

    /** For native images. */
    static final class Hints implements RuntimeHintsRegistrar {

        @Override
        public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
            hints.reflection().registerType(MessageWindowChatMemory.class, MemberCategory.ACCESS_DECLARED_FIELDS);
        }
    }
}
