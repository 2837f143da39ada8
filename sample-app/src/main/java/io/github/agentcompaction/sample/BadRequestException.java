package io.github.agentcompaction.sample;

import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.ErrorResponseException;

/** Says what is wrong with a request, and what would be right. */
final class BadRequestException extends ErrorResponseException {

    private static final long serialVersionUID = 1L;

    BadRequestException(String detail) {
        super(HttpStatus.BAD_REQUEST, ProblemDetail.forStatusAndDetail(HttpStatus.BAD_REQUEST, detail), null);
    }
}
