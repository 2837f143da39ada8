package io.github.agentcompaction.sample;

import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.ErrorResponseException;

/** Says that nothing was said in a session yet. */
final class UnknownSessionException extends ErrorResponseException {

    private static final long serialVersionUID = 1L;

    UnknownSessionException(String id, String agent) {
        super(
                HttpStatus.NOT_FOUND,
                ProblemDetail.forStatusAndDetail(
                        HttpStatus.NOT_FOUND, "The agent " + agent + " has no session " + id + " yet."),
                null);
    }
}
