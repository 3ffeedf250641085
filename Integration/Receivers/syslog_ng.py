"""syslog-ng: RFC 5424 over TCP with octet counting, as it takes it without being told anything special."""
import json
import os
import re

import syslog_data

# Its packages conflict with rsyslog's, so that Integration/setup unpacks them without installing them.
CACHE = (os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) + "/gantry/syslog-ng"
LIBRARY = CACHE + "/usr/lib/syslog-ng"


def start(bench):
    port = bench.port()
    fields = "--pair severity=$LEVEL_NUM --pair time=$ISODATE --pair data=$SDATA --pair message=$MSG"
    bench.write("syslog-ng.conf", f"""@version: 3.38
@define autoload-compiled-modules 1
options {{ frac-digits(6); stats-freq(0); }};
source arriving {{ syslog(ip("127.0.0.1") port({port}) transport("tcp")); }};
destination written {{ file("{bench.path('tcp.log')}" template("$(format-json {fields})\\n")); }};
log {{ source(arriving); destination(written); flags(flow-control); }};
""")
    bench.run(bench.program(CACHE + "/usr/sbin/syslog-ng"), "-F", "-f", bench.path("syslog-ng.conf"), "-R",
              bench.path("persist"), "-p", bench.path("pid"), "-c", bench.path("control"), "--no-caps",
              f"--module-path={LIBRARY}/3.38", ready=port, environment={"LD_LIBRARY_PATH": LIBRARY})
    return {"urls": {"tcp": f"syslog+tcp://127.0.0.1:{port}"}, "refused": {}}


def entries(bench, variant):
    for line in bench.lines(variant + ".log"):
        entry = json.loads(line)
        # What is not UTF-8 it writes as \xFF.
        entry["message"] = re.sub(rb"\\x([0-9a-f]{2})", lambda found: bytes.fromhex(found[1].decode()), entry["message"].encode())
        yield entry


def count(bench, variant):
    return syslog_data.count(entries(bench, variant))


def read(bench, variant):
    return syslog_data.records(entries(bench, variant))
