import java.io.*;
import java.lang.reflect.Constructor;
import java.nio.charset.StandardCharsets;
import java.security.PrivilegedExceptionAction;
import java.util.*;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.HdfsConfiguration;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.util.Tool;
import org.apache.hadoop.util.ToolRunner;

/**
 * Runs Hadoop's command line tools again and again in one JVM.
 *
 * <p>Request on stdin: int COUNT, then COUNT times int LENGTH and that many bytes: the tool's
 * class, the user, the tool's standard input, its arguments (UTF-8).  Reply on stdout: int exit
 * code, int length and bytes of its output, int length and bytes of its error output.  Ends at end
 * of input, so it cannot outlive the process that holds the other end.
 */
public class ShellServer {
  private static final Map<String, UserGroupInformation> USERS = new HashMap<>();

  public static void main(String[] args) throws Exception {
    DataInputStream in =
        new DataInputStream(new BufferedInputStream(new FileInputStream(FileDescriptor.in)));
    DataOutputStream out =
        new DataOutputStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)));
    PrintStream log = System.err;
    while (true) {
      int count;
      try {
        count = in.readInt();
      } catch (EOFException end) {
        return;
      }
      List<byte[]> parts = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        parts.add(in.readNBytes(in.readInt()));
      }
      serve(parts, out, log);
    }
  }

  private static void serve(List<byte[]> parts, DataOutputStream out, PrintStream log)
      throws Exception {
    String tool = text(parts.get(0));
    String user = text(parts.get(1));
    String[] args =
        parts.subList(3, parts.size()).stream().map(ShellServer::text).toArray(String[]::new);
    ByteArrayOutputStream stdout = new ByteArrayOutputStream();
    ByteArrayOutputStream stderr = new ByteArrayOutputStream();
    System.setIn(new ByteArrayInputStream(parts.get(2)));
    System.setOut(new PrintStream(stdout, true, "UTF-8"));
    System.setErr(new PrintStream(stderr, true, "UTF-8"));
    int code;
    try {
      code = run(tool, user, args);
    } catch (Throwable failure) {
      failure.printStackTrace(System.err);
      code = 255;
    }
    System.out.flush();
    System.err.flush();
    System.setErr(log);
    out.writeInt(code);
    for (ByteArrayOutputStream stream : List.of(stdout, stderr)) {
      out.writeInt(stream.size());
      stream.writeTo(out);
    }
    out.flush();
  }

  private static int run(String tool, String user, String[] args) throws Exception {
    // One identity a user: the file system cache is keyed by it, so connections are used again.
    UserGroupInformation who =
        user.isEmpty()
            ? UserGroupInformation.getLoginUser()
            : USERS.computeIfAbsent(user, UserGroupInformation::createRemoteUser);
    return who.doAs(
        (PrivilegedExceptionAction<Integer>)
            () -> ToolRunner.run(new HdfsConfiguration(), create(tool), args));
  }

  /** The tools differ: some take a configuration, some have only the plain constructor. */
  private static Tool create(String tool) throws Exception {
    Class<?> type = Class.forName(tool);
    try {
      Constructor<?> constructor = type.getDeclaredConstructor(Configuration.class);
      constructor.setAccessible(true);
      return (Tool) constructor.newInstance(new HdfsConfiguration());
    } catch (NoSuchMethodException plain) {
      Constructor<?> constructor = type.getDeclaredConstructor();
      constructor.setAccessible(true);
      return (Tool) constructor.newInstance();
    }
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
