package io.github.agentcompaction.spring.boot.actuate;

import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.Selector.Match;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.EndpointWebExtension;

/** Tells over HTTP, by the status, whether there was a summary to discard. */
@EndpointWebExtension(endpoint = CompactionEndpoint.class)
public final class CompactionEndpointWebExtension {

    private final CompactionEndpoint endpoint;

    /**
     * Extends an endpoint.
     *
     * @param endpoint the endpoint
     */
    public CompactionEndpointWebExtension(CompactionEndpoint endpoint) {
        this.endpoint = endpoint;
    }

    /**
     * Discards the deferred summary of one session, unread.
     *
     * @param agentAndSession the agent's name, and after it the session's id, in pieces where it has slashes
     * @return 204, or 404 if there was none
     */
    @DeleteOperation
    public WebEndpointResponse<Void> discardSummary(@Selector(match = Match.ALL_REMAINING) String... agentAndSession) {
        return new WebEndpointResponse<>(
                endpoint.discardSummary(agentAndSession)
                        ? WebEndpointResponse.STATUS_NO_CONTENT
                        : WebEndpointResponse.STATUS_NOT_FOUND);
    }
}
