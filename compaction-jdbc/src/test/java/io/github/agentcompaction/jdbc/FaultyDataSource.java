package io.github.agentcompaction.jdbc;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** A DataSource whose connections fail as a test wants them to. */
class FaultyDataSource extends DelegatingDataSource {

    /** What happens before a connection is handed out. */
    volatile Connecting onConnect = () -> {};

    /** What happens in the place of a commit. */
    volatile Fault onCommit = Connection::commit;

    FaultyDataSource(DataSource target) {
        super(target);
    }

    @Override
    public Connection getConnection() throws SQLException {
        onConnect.begin();
        Connection target = super.getConnection();
        return (Connection) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    try {
                        if (method.getName().equals("commit")) {
                            onCommit.happen(target);
                            return null;
                        }
                        return method.invoke(target, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    interface Connecting {
        void begin() throws SQLException;
    }

    interface Fault {
        void happen(Connection connection) throws SQLException;
    }
}
