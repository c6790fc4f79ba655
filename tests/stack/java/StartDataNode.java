import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.Map;
import org.apache.hadoop.hdfs.DFSUtil;
import org.apache.hadoop.hdfs.HdfsConfiguration;
import org.apache.hadoop.hdfs.protocolPB.DatanodeProtocolClientSideTranslatorPB;
import org.apache.hadoop.hdfs.server.datanode.DataNode;
import org.apache.hadoop.security.UserGroupInformation;

/**
 * The DataNode, which may be started together with the NameNode: it waits until that serves.
 *
 * <p>Left alone it asks while the NameNode is half up, is refused ("still not started") and sleeps
 * for 5 s, a constant in BPServiceActor.retrieveNamespaceInfo. Of a pair one may be gone.
 */
public class StartDataNode {
  private static final long POLL_MS = 20;
  private static final long OTHER_NS = 10_000_000_000L;

  public static void main(String[] args) throws Exception {
    HdfsConfiguration conf = new HdfsConfiguration();
    UserGroupInformation.setConfiguration(conf);
    Collection<Map<String, InetSocketAddress>> all =
        DFSUtil.getNNServiceRpcAddressesForCluster(conf).values();
    long patience = Long.MAX_VALUE;
    while (!UserGroupInformation.isSecurityEnabled()) { // it is not logged in here
      int serving = 0, count = 0;
      for (Map<String, InetSocketAddress> nameNodes : all) {
        for (InetSocketAddress address : nameNodes.values()) {
          count++;
          serving += serves(address, conf) ? 1 : 0;
        }
      }
      if (serving > 0 && patience == Long.MAX_VALUE) {
        patience = System.nanoTime() + OTHER_NS;
      }
      if (serving == count || System.nanoTime() > patience) {
        break;
      }
      Thread.sleep(POLL_MS);
    }
    DataNode.main(args);
  }

  private static boolean serves(InetSocketAddress address, HdfsConfiguration conf) {
    try (DatanodeProtocolClientSideTranslatorPB nameNode =
        new DatanodeProtocolClientSideTranslatorPB(address, conf)) {
      nameNode.versionRequest();
      return true;
    } catch (IOException early) {
      return false;
    }
  }
}
