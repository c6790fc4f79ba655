import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A long history for Oozie: copies the newest workflow that has ended, without its texts, under other ids, each ten seconds older than
 * the one before it. The server must be down: Derby lets one JVM into a database.
 *
 * <p>Arguments: the database's folder, how many.
 */
public final class ManyJobs {
    private static final int BATCH = 1000;
    private static final long STEP_MS = 10_000;
    private static final String USER = "sa"; // Oozie's own, whose tables they are

    private ManyJobs() {}

    public static void main(String[] arguments) throws SQLException {
        System.setProperty("derby.system.durability", "test"); // nobody pulls the plug here
        int count = Integer.parseInt(arguments[1]);
        try (Connection connection = DriverManager.getConnection("jdbc:derby:" + arguments[0], USER, "")) {
            connection.setAutoCommit(false);
            copy(connection, count);
            connection.commit();
        }
        try {
            DriverManager.getConnection("jdbc:derby:" + arguments[0] + ";shutdown=true");
        } catch (SQLException closed) {
            if (!"08006".equals(closed.getSQLState())) throw closed;
        }
    }

    private static void copy(Connection connection, int count) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT * FROM WF_JOBS WHERE STATUS = 'SUCCEEDED' ORDER BY CREATED_TIME DESC FETCH FIRST ROW ONLY")) {
            if (!row.next()) throw new SQLException("no workflow has succeeded yet");
            ResultSetMetaData columns = row.getMetaData();
            List<String> names = new ArrayList<>();
            for (int i = 1; i <= columns.getColumnCount(); i++) names.add(columns.getColumnName(i));
            String marks = "?" + ",?".repeat(names.size() - 1);
            String insert = "INSERT INTO WF_JOBS (" + String.join(",", names) + ") VALUES (" + marks + ")";
            try (PreparedStatement made = connection.prepareStatement(insert)) {
                for (int number = 1; number <= count; number++) {
                    fill(made, row, columns, number);
                    made.addBatch();
                    if (number % BATCH == 0 || number == count) made.executeBatch();
                }
            }
        }
    }

    private static void fill(PreparedStatement made, ResultSet row, ResultSetMetaData columns, int number)
            throws SQLException {
        for (int i = 1; i <= columns.getColumnCount(); i++) {
            String name = columns.getColumnName(i).toUpperCase(Locale.ROOT);
            int type = columns.getColumnType(i);
            if (name.equals("ID")) {
                made.setString(i, String.format(Locale.ROOT, "%07d-260101000000000-oozie-many-W", number));
            } else if (name.equals("APP_NAME")) {
                made.setString(i, "many");
            } else if (type == Types.BLOB || type == Types.CLOB || name.equals("EXTERNAL_ID") || name.equals("PARENT_ID")) {
                made.setNull(i, type);
            } else if (type == Types.TIMESTAMP) {
                Timestamp then = row.getTimestamp(i);
                made.setTimestamp(i, then == null ? null : new Timestamp(then.getTime() - number * STEP_MS));
            } else {
                made.setObject(i, row.getObject(i), type);
            }
        }
    }
}
