"""What another client of the cluster sees and does: Hadoop's own shell, and plain WebHDFS requests."""

import contextlib
import http.client
import json
import re
from urllib.parse import quote, urlencode, urlsplit

GLOB = re.compile(r"([\\*?\[\]{}])")
TIMEOUT_S = 20


class Answer(Exception):
    """A request that was refused: .status and .exception tell how."""

    def __init__(self, status: int, body: bytes):
        super().__init__(status, body[:500])
        self.status = status
        try:
            self.exception = json.loads(body)["RemoteException"]["exception"]
        except (ValueError, LookupError, TypeError):
            self.exception = None


class Hdfs:
    """A folder of a cluster.  Names are relative to it; "" is the folder."""

    def __init__(self, stack, root: str):
        self.stack = stack
        self.root = root

    def path(self, name: str | bytes = "") -> str:
        if isinstance(name, bytes):
            name = name.decode()
        return f"{self.root}/{name}" if name else self.root

    def glob(self, name: str | bytes = "") -> str:
        """The path as FsShell wants it, who takes * and the like for patterns."""
        return GLOB.sub(r"\\\1", self.path(name))

    @property
    def url_path(self) -> str:
        return quote(self.root)

    # Hadoop's shell.

    def sh(self, *args, user: str | None = None, stdin: bytes = b"", check: bool = True):
        return self.stack.dfs(*args, user=user, stdin=stdin, check=check)

    def cat(self, name: str) -> bytes:
        return self.sh("-cat", self.glob(name)).out

    def put(self, name: str, data: bytes, user: str = "alice") -> None:
        """Made, or replaced by a new file."""
        self.sh("-put", "-f", "-", self.glob(name), stdin=data, user=user)

    def append(self, name: str, data: bytes, user: str = "alice") -> None:
        self.sh("-appendToFile", "-", self.glob(name), stdin=data, user=user)

    def mkdir(self, name: str, user: str = "alice") -> None:
        self.sh("-mkdir", "-p", self.glob(name), user=user)

    def rm(self, name: str) -> None:
        self.sh("-rm", "-r", "-f", "-skipTrash", self.glob(name))

    def mv(self, name: str, to: str) -> None:
        self.sh("-mv", self.glob(name), self.glob(to))

    def stat(self, form: str, name: str = "") -> str:
        return self.sh("-stat", form, self.glob(name)).out.decode().rstrip("\n")

    def exists(self, name: str) -> bool:
        return self.sh("-test", "-e", self.glob(name), check=False).rc == 0

    def checksum(self, name: str) -> str:
        """ "MD5-of-0MD5-of-512CRC32C HEX" """
        return " ".join(self.sh("-checksum", self.glob(name)).out.decode().split()[-2:])

    def names(self, name: str = "") -> list[str]:
        """All names below, relative, in the shell's order (names without line ends only)."""
        lines = self.sh("-ls", "-R", "-C", self.glob(name)).out.decode().splitlines()
        prefix = self.path(name).rstrip("/") + "/"
        return [line.removeprefix(prefix) for line in lines]

    def listing(self, name: str = "") -> dict[str, list[str]]:
        """{name: [permissions, replication, owner, group, size, date, time]} of `-ls`."""
        lines = self.sh("-ls", self.glob(name)).out.decode().splitlines()
        rows = [line.split(None, 7) for line in lines if not line.startswith("Found ")]
        prefix = self.path(name).rstrip("/") + "/"
        return {row[7].removeprefix(prefix): row[:7] for row in rows}

    # WebHDFS, without any of the driver's code.

    def ask(self, method: str, op: str, name: str = "", *, user="alice", body=None, **params):
        """The answer's body; follows the redirect.  Answer is raised for anything but 2xx."""
        query = urlencode({"op": op, "user.name": user, **params})
        target = f"/webhdfs/v1{quote(self.path(name), safe='/')}"
        status, location, got = request(self.stack.namenode, method, f"{target}?{query}")
        if status == 307:
            place = urlsplit(location)  # our own path: a NameNode composes decomposed letters
            status, _, got = request(f"http://{place.netloc}", method, f"{target}?{place.query}", body)
        if not 200 <= status < 300:
            raise Answer(status, got)
        return got

    def status(self, name: str = "", user: str = "root") -> dict | None:
        """The FileStatus, None when there is no such file."""
        try:
            return json.loads(self.ask("GET", "GETFILESTATUS", name, user=user))["FileStatus"]
        except Answer as answer:
            if answer.exception == "FileNotFoundException":
                return None
            raise

    def length(self, name: str) -> int | None:
        status = self.status(name)
        return None if status is None else status["length"]

    def entries(self, name: str = "") -> dict[str, dict]:
        got = json.loads(self.ask("GET", "LISTSTATUS", name, user="root"))
        return {one["pathSuffix"]: one for one in got["FileStatuses"]["FileStatus"]}

    def read(self, name: str) -> bytes:
        return self.ask("GET", "OPEN", name, user="root")

    def write(self, name: str, data, user: str = "alice", **params) -> None:
        """Made, or replaced by a new file; DATA may be an iterator of bytes."""
        self.ask("PUT", "CREATE", name, user=user, body=data, overwrite="true", **params)

    @contextlib.contextmanager
    def writing(self, op: str, name: str, user: str = "alice", **params):
        """CREATE or APPEND, begun: what is sent is with the DataNodes, but for the last packet (64
        KiB), while the file stays open until the end."""
        method = {"CREATE": "PUT", "APPEND": "POST"}[op]
        query = urlencode({"op": op, "user.name": user, **params})
        target = f"/webhdfs/v1{quote(self.path(name), safe='/')}"
        _, location, _ = request(self.stack.namenode, method, f"{target}?{query}")
        place = urlsplit(location)
        with contextlib.closing(
            http.client.HTTPConnection(place.hostname, place.port, timeout=TIMEOUT_S)
        ) as connection:
            connection.putrequest(method, f"{target}?{place.query}")
            connection.putheader("Transfer-Encoding", "chunked")
            connection.putheader("Content-Type", "application/octet-stream")
            connection.endheaders()
            yield lambda data: connection.send(b"%x\r\n%s\r\n" % (len(data), data))
            connection.send(b"0\r\n\r\n")
            answer = connection.getresponse()
            if not 200 <= answer.status < 300:
                raise Answer(answer.status, answer.read())

    def is_written(self, name: str) -> bool:
        """Has somebody the file open for writing?"""
        got = self.ask("GET", "GET_BLOCK_LOCATIONS", name, user="root", offset=0, length=1)
        return json.loads(got)["LocatedBlocks"]["isUnderConstruction"]

    def mkdirs(self, names, user: str = "alice") -> None:
        """Many at once: one connection."""
        parts = urlsplit(self.stack.namenode)
        with contextlib.closing(
            http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT_S)
        ) as connection:
            for name in names:
                query = urlencode({"op": "MKDIRS", "user.name": user})
                connection.request("PUT", f"/webhdfs/v1{quote(self.path(name))}?{query}")
                answer = connection.getresponse()
                if answer.status != 200:
                    raise Answer(answer.status, answer.read())
                answer.read()

    def hidden(self, folder: str = "") -> list[str]:
        """Uploads that were left behind."""
        found = []
        for name, status in self.entries(folder).items():
            path = f"{folder}/{name}" if folder else name
            found += [path] if ".knoxfs-" in name else []
            found += self.hidden(path) if status.get("childrenNum") else []
        return found


def request(server: str, method: str, target: str, body=None):
    """(status, Location, body) of one request on its own connection."""
    parts = urlsplit(server)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT_S)
    try:
        headers = {"Content-Type": "application/octet-stream"} if body is not None else {}
        connection.request(method, target, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location"), answer.read()
    finally:
        connection.close()
