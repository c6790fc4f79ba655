import os, time
def test_race(mounts, hdfs, proxy):
    a = mounts(hdfs.url_path, server=proxy.namenode)
    b = mounts(hdfs.url_path, attr_timeout=0, entry_timeout=0, negative_timeout=0, server=proxy.namenode)
    files=[]
    for n, m in enumerate((a,b)):
        try:
            files.append(open(m / "f", "xb", buffering=0)); files[-1].write(b"%d" % n)
        except OSError as e: print(n, e)
    for f in files:
        try: f.close()
        except OSError as e: print(e)
    time.sleep(1)
    print("C", hdfs.names(), hdfs.read("f"))
    for r in proxy.stats()["recent"]: print(r["role"], r["line"][:190], r["status"])
    assert 0
