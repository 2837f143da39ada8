package io.github.agentcompaction.spring.boot.autoconfigure;

import io.github.agentcompaction.CompactionTemplate;
import io.github.agentcompaction.Compactor;
import io.github.agentcompaction.SessionCompactionState;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.RuntimeBeanReference;
import org.springframework.beans.factory.support.AutowireCandidateQualifier;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.beans.factory.support.ManagedMap;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.context.annotation.ImportBeanDefinitionRegistrar;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotationMetadata;
import org.springframework.util.StringUtils;

/** Defines the beans of every agent, except those that the application defines itself. */
final class AgentBeansRegistrar implements ImportBeanDefinitionRegistrar {

    /*
     * Every definition names AgentBeans, one of its methods, and plain arguments: that can be written down as code, so
     * it works ahead of time, and the beans are known by type and qualifier before any of them exists.
     *
     * This runs after the application's own definitions and those of other auto-configurations (the order of
     * CompactionAutoConfiguration sees to that), so here it is known which agents have a state, a template or a
     * compactor of their own.
     */

    /** Always registered; the other definitions refer to it. */
    static final String FACTORY = AgentBeans.class.getName();

    static final String STATES = "compactionStates";

    /** Registered where there is Spring AI; named here, because its class may not be there. */
    static final String ADVISOR_FACTORY = "compactionAdvisorBeans";

    static final String TEMPLATE_SUFFIX = "CompactionTemplate";

    private static final String STATE_SUFFIX = "CompactionState";

    /** The agent of an application that configures none and has no name; as in {@link SessionCompactionState}. */
    private static final String UNNAMED = "default";

    private final Environment environment;
    private final BeanFactory beanFactory;

    AgentBeansRegistrar(Environment environment, BeanFactory beanFactory) {
        this.environment = environment;
        this.beanFactory = beanFactory;
    }

    @Override
    public void registerBeanDefinitions(AnnotationMetadata metadata, BeanDefinitionRegistry registry) {
        if (!(beanFactory instanceof DefaultListableBeanFactory beans)) {
            throw new IllegalStateException(
                    "Needs a DefaultListableBeanFactory to see the application's own beans, not "
                            + beanFactory.getClass().getName());
        }
        OwnBeans states = OwnBeans.of(SessionCompactionState.class, beans);
        OwnBeans templates = OwnBeans.of(CompactionTemplate.class, beans);
        RootBeanDefinition factory = new RootBeanDefinition(AgentBeans.class);
        factory.setRole(BeanDefinition.ROLE_INFRASTRUCTURE);
        registry.registerBeanDefinition(FACTORY, factory);

        ManagedMap<String, RuntimeBeanReference> stateReferences = new ManagedMap<>();
        List<String> configured = ConfiguredAgents.read(environment);
        if (!configured.isEmpty()) {
            AgentCompactors compactors = new AgentCompactors(OwnBeans.of(Compactor.class, beans), configured);
            for (String agent : configured) {
                String state = states.find(agent, agent + STATE_SUFFIX);
                String template = templates.find(agent, agent + TEMPLATE_SUFFIX);
                register(registry, agent, state, template == null ? compactors.find(agent) : null, stateReferences);
            }
        } else if (states.isEmpty()) {
            String agent = implicitAgent(environment);
            AgentCompactors compactors = new AgentCompactors(OwnBeans.of(Compactor.class, beans), List.of(agent));
            register(registry, agent, null, templates.isEmpty() ? compactors.find(agent) : null, stateReferences);
        }

        RootBeanDefinition registered = definition(CompactionStates.class, "states");
        registered.getConstructorArgumentValues().addIndexedArgumentValue(0, stateReferences);
        registry.registerBeanDefinition(STATES, registered);
    }

    /** {@return the configured agents, or the one that there is without any} */
    static List<String> agents(Environment environment) {
        List<String> configured = ConfiguredAgents.read(environment);
        return configured.isEmpty() ? List.of(implicitAgent(environment)) : configured;
    }

    private static String implicitAgent(Environment environment) {
        String application = environment.getProperty("spring.application.name");
        return StringUtils.hasText(application) ? application : UNNAMED;
    }

    private static void register(
            BeanDefinitionRegistry registry,
            String agent,
            @Nullable String ownState,
            @Nullable String compactor,
            ManagedMap<String, RuntimeBeanReference> stateReferences) {
        String stateName = ownState != null ? ownState : agent + STATE_SUFFIX;
        stateReferences.put(agent, new RuntimeBeanReference(stateName));
        if (ownState == null) {
            RootBeanDefinition state = definition(SessionCompactionState.class, "state");
            state.getConstructorArgumentValues().addIndexedArgumentValue(0, agent);
            state.addQualifier(new AutowireCandidateQualifier(Qualifier.class, agent));
            registry.registerBeanDefinition(stateName, state);
        }
        if (compactor != null) {
            RootBeanDefinition template = definition(CompactionTemplate.class, "template");
            template.getConstructorArgumentValues().addIndexedArgumentValue(0, agent);
            template.getConstructorArgumentValues().addIndexedArgumentValue(1, new RuntimeBeanReference(stateName));
            template.getConstructorArgumentValues().addIndexedArgumentValue(2, new RuntimeBeanReference(compactor));
            template.addQualifier(new AutowireCandidateQualifier(Qualifier.class, agent));
            registry.registerBeanDefinition(agent + TEMPLATE_SUFFIX, template);
        }
    }

    private static RootBeanDefinition definition(Class<?> type, String factoryMethod) {
        RootBeanDefinition definition = new RootBeanDefinition();
        definition.setTargetType(type);
        definition.setFactoryBeanName(FACTORY);
        definition.setFactoryMethodName(factoryMethod);
        return definition;
    }
}
