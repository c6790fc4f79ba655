import java.io.File;
import java.net.URI;
import org.apache.hadoop.hdfs.HdfsConfiguration;
import org.apache.hadoop.hdfs.server.namenode.FSNamesystem;
import org.apache.hadoop.hdfs.server.namenode.NameNode;
import org.apache.hadoop.hdfs.server.namenode.ha.BootstrapStandby;
import org.apache.hadoop.metrics2.lib.DefaultMetricsSystem;

/**
 * The NameNode, formatted first when it has no data: one JVM start instead of two. The second one
 * of a pair takes the first one's image instead.
 */
public class StartNameNode {
  public static void main(String[] args) throws Exception {
    HdfsConfiguration conf = new HdfsConfiguration();
    for (URI dir : FSNamesystem.getNamespaceDirs(conf)) {
      if (!new File(new File(dir), "current/VERSION").exists()) {
        if ("nn2".equals(conf.get("dfs.ha.namenode.id"))) {
          copy(conf);
        } else {
          NameNode.format(conf);
        }
        DefaultMetricsSystem.shutdown(); // or the real start finds its metrics' names in use
        break;
      }
    }
    NameNode.main(args);
  }

  private static void copy(HdfsConfiguration conf) throws Exception {
    String[] how = {"-force", "-nonInteractive", "-skipSharedEditsCheck"};
    while (BootstrapStandby.run(how, conf) != 0) {
      Thread.sleep(200); // the first one is not up yet
    }
  }
}
