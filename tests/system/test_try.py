from knoxtest import sh

def test_a(mount, hdfs):
    sh("cp /etc/services s; ls -l; cmp s /etc/services", cwd=mount.path)
    assert hdfs.cat("s") == open("/etc/services","rb").read()

def test_b(proxied, hdfs, proxy):
    sh("cp /etc/services s", cwd=proxied.path)
    print(proxy.stats())
    assert 0
