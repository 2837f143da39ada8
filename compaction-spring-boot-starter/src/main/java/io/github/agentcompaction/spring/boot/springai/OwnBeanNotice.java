package io.github.agentcompaction.spring.boot.springai;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.springframework.beans.factory.config.BeanPostProcessor;

/** Says once for each bean of a type that is not coordinated how to have it coordinated. Changes no bean. */
final class OwnBeanNotice implements BeanPostProcessor {

    private static final Log logger = LogFactory.getLog(OwnBeanNotice.class);

    private final Class<?> type;
    private final Class<?> coordinated;
    private final String advice;
    private final Set<String> told = ConcurrentHashMap.newKeySet();

    OwnBeanNotice(Class<?> type, Class<?> coordinated, String advice) {
        this.type = type;
        this.coordinated = coordinated;
        this.advice = advice;
    }

    @Override
    public Object postProcessBeforeInitialization(Object bean, String beanName) {
        if (type.isInstance(bean) && !coordinated.isInstance(bean) && told.add(beanName)) {
            logger.info("The " + type.getSimpleName() + " '" + beanName + "' is a "
                    + bean.getClass().getName() + ", which the starter does not coordinate. " + advice);
        }
        return bean;
    }
}
