package io.github.agentcompaction.spring.boot.springai;

import io.github.agentcompaction.spring.boot.autoconfigure.CompactionProperties.StoreType;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/**
 * Says once for each bean of a type that is not coordinated how to have it coordinated; in a warning where a store is set, because
 * such a bean is then outside of what was asked for. Changes no bean.
 */
final class OwnBeanNotice implements BeanPostProcessor {

    private static final Log logger = LogFactory.getLog(OwnBeanNotice.class);

    private final Class<?> type;
    private final Class<?> coordinated;
    private final String advice;
    private final boolean isWarning;
    private final Set<String> told = ConcurrentHashMap.newKeySet();

    OwnBeanNotice(Class<?> type, Class<?> coordinated, String advice, Environment environment) {
        this.type = type;
        this.coordinated = coordinated;
        this.advice = advice;
        String store = environment.getProperty("compaction.store");
        this.isWarning = StringUtils.hasText(store) && !StoreType.NONE.name().equalsIgnoreCase(store);
    }

    @Override
    public Object postProcessBeforeInitialization(Object bean, String beanName) {
        if (type.isInstance(bean) && !coordinated.isInstance(bean) && told.add(beanName)) {
            String notice = "The " + type.getSimpleName() + " '" + beanName + "' is a "
                    + bean.getClass().getName() + ", which the starter does not coordinate. " + advice;
            if (isWarning) {
                logger.warn(notice);
            } else {
                logger.info(notice);
            }
        }
        return bean;
    }
}
