package io.github.agentcompaction.sample.web;

import com.openai.errors.OpenAIException;
import io.github.agentcompaction.CompactionException;
import io.github.agentcompaction.ContextLimitExceededException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;

/** Turns what can go wrong into problem details that tell the caller what to do. */
@RestControllerAdvice
class ApiErrors extends ResponseEntityExceptionHandler {

    private static final Logger LOG = LoggerFactory.getLogger(ApiErrors.class);

    /** This exception's message is meant for the user. */
    @ExceptionHandler
    ProblemDetail tooLong(ContextLimitExceededException e) {
        return ProblemDetail.forStatusAndDetail(HttpStatus.CONTENT_TOO_LARGE, String.valueOf(e.getMessage()));
    }

    /** The messages of the others are for the operator. */
    @ExceptionHandler
    ProblemDetail notCompacted(CompactionException e) {
        LOG.warn(e.getMessage());
        return ProblemDetail.forStatusAndDetail(
                HttpStatus.SERVICE_UNAVAILABLE,
                "This conversation is too long for the model and could not be summarized now. Please try again later.");
    }

    /** Only the kind of error is logged: a provider's message may quote what it was sent. */
    @ExceptionHandler
    ProblemDetail modelFailed(OpenAIException e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        LOG.warn("The model could not be asked: {}", cause.getClass().getName());
        return ProblemDetail.forStatusAndDetail(HttpStatus.BAD_GATEWAY, "The model could not be asked.");
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleHttpMessageNotReadable(
            HttpMessageNotReadableException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, reason(e.getCause()));
        return handleExceptionInternal(e, problem, headers, status, request);
    }

    private static String reason(@Nullable Throwable cause) {
        if (cause instanceof UnrecognizedPropertyException unknown) {
            String known = unknown.getKnownPropertyIds().stream()
                    .map(String::valueOf)
                    .sorted()
                    .collect(Collectors.joining(", "));
            return "'%s' is not known; known are: %s.".formatted(unknown.getPropertyName(), known);
        }
        if (cause instanceof MismatchedInputException mismatch
                && !mismatch.getPath().isEmpty()) {
            return "'%s' has the wrong type.".formatted(path(mismatch));
        }
        return "The body must be a JSON object such as {\"text\": \"Hello\", \"subtasks\": 2}.";
    }

    private static String path(DatabindException e) {
        return e.getPath().stream()
                .map(reference -> String.valueOf(reference.getPropertyName()))
                .collect(Collectors.joining("."));
    }
}
