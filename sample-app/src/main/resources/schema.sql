-- One row per session: the lock for changes of its conversation, and where Spring AI's chat memory keeps the messages.
create table if not exists agent_session (
    agent      varchar(100) not null,
    session_id varchar(100) not null,
    context_id varchar(36)  not null,
    archive_id varchar(36)  not null,
    primary key (agent, session_id)
);
