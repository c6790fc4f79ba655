import java.io.IOException;
import java.net.InetSocketAddress;
import org.apache.hadoop.hdfs.DFSUtilClient;
import org.apache.hadoop.hdfs.HdfsConfiguration;
import org.apache.hadoop.hdfs.protocolPB.DatanodeProtocolClientSideTranslatorPB;
import org.apache.hadoop.hdfs.server.datanode.DataNode;

/**
 * The DataNode, which may be started together with the NameNode: it waits until that serves.
 *
 * <p>Left alone it asks while the NameNode is half up, is refused ("still not started") and sleeps
 * for 5 s, a constant in BPServiceActor.retrieveNamespaceInfo.
 */
public class StartDataNode {
  private static final long POLL_MS = 20;

  public static void main(String[] args) throws Exception {
    HdfsConfiguration conf = new HdfsConfiguration();
    InetSocketAddress address = DFSUtilClient.getNNAddress(conf);
    while (!serves(address, conf)) {
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
