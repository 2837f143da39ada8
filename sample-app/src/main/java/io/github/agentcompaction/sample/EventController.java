package io.github.agentcompaction.sample;

import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** What the tasks of a session are doing, as it happens, by server-sent events. */
@RestController
class EventController {

    private final TaskEvents events;
    private final Agents agents;

    EventController(TaskEvents events, Agents agents) {
        this.events = events;
        this.agents = agents;
    }

    @GetMapping(path = "/sessions/{id}/events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    SseEmitter listen(@PathVariable String id, @RequestParam(defaultValue = Agents.DEFAULT) String agent) {
        return events.listen(new SessionKey(agents.get(agent).name(), Agents.requireValidId(id)));
    }
}
