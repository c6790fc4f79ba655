import java.io.File;
import java.lang.reflect.Field;
import org.apache.directory.api.ldap.model.exception.LdapException;
import org.apache.directory.server.core.api.DirectoryService;
import org.apache.directory.server.core.api.interceptor.BaseInterceptor;
import org.apache.directory.server.core.api.interceptor.context.BindOperationContext;
import org.apache.directory.server.protocol.shared.transport.TcpTransport;
import org.apache.knox.gateway.security.ldap.SimpleLdapDirectoryServer;

/**
 * Knox's demo LDAP server on loopback (its own main listens on every address), which writes a line
 * for each bind. Arguments: USERS_LDIF PORT.
 */
public class DemoLdap {
  /** Says who asks to be let in. */
  private static final class Count extends BaseInterceptor {
    Count() {
      super("count");
    }

    @Override
    public void bind(BindOperationContext context) throws LdapException {
      System.out.println("bind " + context.getDn());
      System.out.flush();
      next(context);
    }
  }

  public static void main(String[] args) throws Exception {
    SimpleLdapDirectoryServer server =
        new SimpleLdapDirectoryServer(
            "dc=hadoop,dc=apache,dc=org",
            new File(args[0]),
            new TcpTransport("127.0.0.1", Integer.parseInt(args[1])));
    Field field = SimpleLdapDirectoryServer.class.getDeclaredField("service");
    field.setAccessible(true);
    DirectoryService service = (DirectoryService) field.get(server);
    service.addFirst(new Count());
    server.start();
  }
}
