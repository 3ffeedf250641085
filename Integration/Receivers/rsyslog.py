"""rsyslog: syslog over UDP, TCP and TLS, and RELP, as it takes them without being told anything special."""
import json
import re

import syslog_data

# Written as JSON, since a message may hold anything; "jsonf" leaves bytes that are not UTF-8 as they are.
TEMPLATE = 'template(name="arrived" type="list" option.jsonf="on") {\n' + "".join(
    f'  property(outname="{name}" name="{source}" format="jsonf"{more})\n' for name, source, more in [
        ("severity", "syslogseverity", ""), ("time", "timestamp", ' dateFormat="rfc3339"'),
        ("data", "structured-data", ""), ("message", "msg", "")]) + "}\n"
WITH_TLS = ('streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="anon" streamDriver.CAFile="ca.pem" '
            'streamDriver.certFile="server.pem" streamDriver.keyFile="server.key"')
RELP_TLS = ('tls="on" tls.caCert="ca.pem" tls.myCert="server.pem" tls.myPrivKey="server.key" tls.authMode="certvalid"')
INPUTS = {
    "udp": ("imudp", 'address="127.0.0.1" rcvbufSize="64m"'), "tcp": ("imtcp", 'address="127.0.0.1"'),
    "tls": ("imtcp", 'address="127.0.0.1" ' + WITH_TLS), "relp": ("imrelp", ""), "relp+tls": ("imrelp", RELP_TLS)}


def start(bench):
    bench.certificates()
    ports = {name: bench.port() for name in INPUTS}
    text = f'global(workDirectory="{bench.folder}" parser.escapeControlCharactersOnReceive="off")\n' + TEMPLATE
    for module in ["imudp", "imtcp", "imrelp"]:
        text += f'module(load="{module}")\n'
    for name, (module, more) in INPUTS.items():
        more = re.sub(r'"(\w+\.(?:pem|key))"', lambda found: f'"{bench.path(found[1])}"', more)
        text += (f'ruleset(name="{name}") {{ action(type="omfile" file="{bench.path(name)}.log" template="arrived") }}\n'
                 f'input(type="{module}" port="{ports[name]}" ruleset="{name}" {more})\n')
    bench.run(bench.program("rsyslogd"), "-n", "-f", bench.write("rsyslog.conf", text), "-i", bench.path("pid"),
              ready=[port for name, port in ports.items() if name != "udp"])
    ca, other = bench.path("ca.pem"), bench.path("other.pem")
    tls, relp = f"syslog+tls://127.0.0.1:{ports['tls']}", f"relp+tls://127.0.0.1:{ports['relp+tls']}"
    name, ours = "server_name=" + bench.HOST, f"cert={bench.path('server.pem')}&key={bench.path('server.key')}"
    return {
        "urls": {
            "udp": f"syslog+udp://127.0.0.1:{ports['udp']}", "tcp": f"syslog+tcp://127.0.0.1:{ports['tcp']}",
            "tls": f"{tls}?ca={ca}&{name}", "relp": f"relp://127.0.0.1:{ports['relp']}", "relp+tls": f"{relp}?ca={ca}&{name}&{ours}"},
        "refused": {
            "syslog of another authority": f"{tls}?ca={other}&{name}", "syslog of another host": f"{tls}?ca={ca}",
            "RELP of another authority": f"{relp}?ca={other}&{name}&{ours}"}}


def entries(bench, variant):
    for line in bench.lines(variant + ".log"):
        entry = json.loads(line.decode("utf-8", "surrogateescape"))
        # The mark that what follows is UTF-8 (RFC 5424, section 6.4) it leaves where it is.
        entry["message"] = entry["message"].encode("utf-8", "surrogateescape").removeprefix(b"\xef\xbb\xbf")
        yield entry


def count(bench, variant):
    return syslog_data.count(entries(bench, variant))


def read(bench, variant):
    return syslog_data.records(entries(bench, variant))
