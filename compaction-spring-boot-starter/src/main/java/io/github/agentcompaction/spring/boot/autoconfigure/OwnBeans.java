package io.github.agentcompaction.spring.boot.autoconfigure;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.BeanFactoryAnnotationUtils;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;

/** The beans of one type that the application defines itself, found without creating any of them. */
final class OwnBeans {

    private final DefaultListableBeanFactory beanFactory;
    private final List<String> names;

    private OwnBeans(DefaultListableBeanFactory beanFactory, List<String> names) {
        this.beanFactory = beanFactory;
        this.names = names;
    }

    static OwnBeans of(Class<?> type, DefaultListableBeanFactory beanFactory) {
        List<String> names = Arrays.stream(beanFactory.getBeanNamesForType(type, true, false))
                .filter(name -> definition(beanFactory, name) == null
                        || beanFactory.getMergedBeanDefinition(name).isAutowireCandidate())
                .toList();
        return new OwnBeans(beanFactory, names);
    }

    boolean isEmpty() {
        return names.isEmpty();
    }

    List<String> names() {
        return names;
    }

    /** {@return the name of the first bean that has one of the given names, aliases or qualifiers, or null} */
    @Nullable
    String find(String... namesOrQualifiers) {
        return names.stream()
                .filter(name -> matches(name, Set.of(namesOrQualifiers)))
                .findFirst()
                .orElse(null);
    }

    boolean matches(String name, Set<String> namesOrQualifiers) {
        return BeanFactoryAnnotationUtils.isQualifierMatch(namesOrQualifiers::contains, name, beanFactory);
    }

    boolean isPrimary(String name) {
        BeanDefinition definition = definition(beanFactory, name);
        return definition != null && definition.isPrimary();
    }

    private static @Nullable BeanDefinition definition(DefaultListableBeanFactory beanFactory, String name) {
        return beanFactory.containsBeanDefinition(name) ? beanFactory.getMergedBeanDefinition(name) : null;
    }
}
