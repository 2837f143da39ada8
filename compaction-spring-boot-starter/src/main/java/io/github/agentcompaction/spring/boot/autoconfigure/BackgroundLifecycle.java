package io.github.agentcompaction.spring.boot.autoconfigure;

import io.github.agentcompaction.BackgroundCompactions;
import io.github.agentcompaction.CompactionTemplate;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.springframework.beans.factory.BeanNameAware;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Lets no compaction in the background outlive its application context: those that run when it stops may end, for as long as
 * Spring Boot's {@code spring.lifecycle.timeout-per-shutdown-phase}; the rest is interrupted, and has changed nothing.
 */
final class BackgroundLifecycle implements SmartLifecycle, DisposableBean, BeanNameAware {

    /** The next below those in which Spring Boot's web server ends: the last request may begin a compaction. */
    static final int PHASE = SmartLifecycle.DEFAULT_PHASE - 3 * 1024;

    /** How long compactors have to notice that they are interrupted. */
    private static final Duration INTERRUPTED = Duration.ofSeconds(5);

    private static final Log logger = LogFactory.getLog(BackgroundLifecycle.class);

    private final ConfigurableListableBeanFactory beanFactory;
    private final Duration interrupted;
    private final Set<BackgroundCompactions> stopping = ConcurrentHashMap.newKeySet();
    private String name = "";
    private volatile boolean running;

    BackgroundLifecycle(ConfigurableListableBeanFactory beanFactory) {
        this(beanFactory, INTERRUPTED);
    }

    /** @param interrupted how long it waits for compactions that are interrupted */
    BackgroundLifecycle(ConfigurableListableBeanFactory beanFactory, Duration interrupted) {
        this.beanFactory = beanFactory;
        this.interrupted = interrupted;
    }

    @Override
    public void setBeanName(String name) {
        this.name = name;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }

    @Override
    public void start() {
        for (String template : templates()) {
            beanFactory.registerDependentBean(template, name); // so that what a compaction uses is destroyed after this
        }
        existing().forEach(BackgroundCompactions::start);
        stopping.clear();
        running = true;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public void stop() {
        stop(() -> {});
    }

    @Override
    public void stop(Runnable ended) {
        running = false;
        stopAll().whenComplete((nothing, failure) -> ended.run());
    }

    @Override
    public void destroy() {
        CompletableFuture<Void> all = stopAll();
        stopping.forEach(BackgroundCompactions::cancel);
        try {
            all.get(interrupted.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException | ExecutionException e) {
            int left =
                    stopping.stream().mapToInt(BackgroundCompactions::running).sum();
            logger.warn(
                    "Compactions in the background that ignore that the application ends: " + left + ". They may go on"
                            + " using what is closed now. Let the compactor, and the model client in it, end when their thread is"
                            + " interrupted.");
        }
    }

    /** Remembers them, because the bean factory does not know them any more when it destroys this. */
    private CompletableFuture<Void> stopAll() {
        stopping.addAll(existing());
        return CompletableFuture.allOf(
                stopping.stream().map(BackgroundCompactions::stop).toArray(CompletableFuture[]::new));
    }

    private List<String> templates() {
        return Arrays.asList(beanFactory.getBeanNamesForType(CompactionTemplate.class, true, false));
    }

    /** Those that no task has needed yet, where beans are lazy, are not made for this. */
    private List<BackgroundCompactions> existing() {
        return templates().stream()
                .map(beanFactory::getSingleton)
                .filter(CompactionTemplate.class::isInstance)
                .map(template -> ((CompactionTemplate) template).background())
                .toList();
    }
}
