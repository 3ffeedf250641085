"""S3, as the server of moto has it; read over HTTP, which it lets anyone."""
import gzip
import json
import os
import urllib.parse
import urllib.request
import xml.etree.ElementTree as xml

NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"


def start(bench):
    port = bench.port()
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    bench.run(bench.program(f"{cache}/gantry/moto/bin/moto_server"), "-H", "127.0.0.1", "-p", str(port), ready=port)
    bench.write("port", str(port))
    request(bench, "/bucket", "PUT")
    return {"urls": {"objects": f"s3+http://access:secret@127.0.0.1:{port}/bucket/pre"}, "refused": {
        "a bucket that is not there": f"s3+http://access:secret@127.0.0.1:{port}/elsewhere/pre"}}


def request(bench, path, method="GET"):
    url = f"http://127.0.0.1:{open(bench.path('port')).read()}{path}"
    # It checks no signature, but that there is one.
    who = {"Authorization": "AWS4-HMAC-SHA256 Credential=access/20260101/us-east-1/s3/aws4_request"}
    return urllib.request.urlopen(urllib.request.Request(url, method=method, headers=who)).read()


def objects(bench):
    token = ""
    while token is not None:
        page = xml.fromstring(request(bench, "/bucket?list-type=2" + token))
        yield from (key.text for key in page.iter(NAMESPACE + "Key"))
        following = page.find(NAMESPACE + "NextContinuationToken")
        token = None if following is None else "&continuation-token=" + urllib.parse.quote(following.text, safe="")


def count(bench, variant):
    return sum(1 for _ in read(bench, variant))


def read(bench, variant):
    for key in objects(bench):
        content = gzip.decompress(request(bench, "/bucket/" + urllib.parse.quote(key)))
        for line in content.splitlines():
            record = json.loads(line)
            yield record.pop("uid"), record.pop("message").encode(), record
