import java.io.File;
import java.net.URI;
import org.apache.hadoop.hdfs.HdfsConfiguration;
import org.apache.hadoop.hdfs.server.namenode.FSNamesystem;
import org.apache.hadoop.hdfs.server.namenode.NameNode;
import org.apache.hadoop.metrics2.lib.DefaultMetricsSystem;

/** The NameNode, formatted first when it has no data: one JVM start instead of two. */
public class StartNameNode {
  public static void main(String[] args) throws Exception {
    HdfsConfiguration conf = new HdfsConfiguration();
    for (URI dir : FSNamesystem.getNamespaceDirs(conf)) {
      if (!new File(new File(dir), "current/VERSION").exists()) {
        NameNode.format(conf);
        DefaultMetricsSystem.shutdown(); // or the real start finds its metrics' names in use
        break;
      }
    }
    NameNode.main(args);
  }
}
