"""systemd's journal: journald by its own socket, and systemd-journal-remote; both read with journalctl."""
import json
import os
import subprocess

LEVELS = ["emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"]
# Nothing is dropped, and nothing but what is sent to its socket is taken in.
SETTINGS = ("[Journal]\nStorage=volatile\nRateLimitIntervalSec=0\nRuntimeMaxUse=1G\nSystemMaxUse=1G\nReadKMsg=no\nAudit=no\n"
            "ForwardToSyslog=no\nForwardToWall=no\n")


def start(bench):
    bench.program("journalctl")
    port = bench.port()
    bench.run(bench.program("systemd-journal-remote"), f"--listen-http=127.0.0.1:{port}", "--split-mode=none",
              f"--output={bench.path('remote.journal')}", ready=port)
    # With a /run of its own, which it knows no other place than, and which we see under another name.
    run = bench.path("run")
    os.makedirs(run + "/systemd/journald.conf.d")
    os.makedirs(run + "/log/journal")
    bench.write("run/systemd/journald.conf.d/receiver.conf", SETTINGS)
    if os.geteuid() != 0:
        return {"urls": {"journal-remote": f"journal+http://127.0.0.1:{port}"}, "refused": {}}
    bench.run(bench.program("unshare"), "--mount", "sh", "-c", f'mount --bind "{run}" /run && exec "$0"',
              bench.program("systemd-journald"), ready=run + "/systemd/journal/socket")
    return {"urls": {"journal-remote": f"journal+http://127.0.0.1:{port}",
                     "journald": f"journald:{run}/systemd/journal/socket"}, "refused": {}}


def entries(bench, variant):
    place = ["--file", bench.path("remote.journal")] if variant == "journal-remote" else ["-D", bench.path("run/log/journal")]
    command = [bench.program("journalctl"), *place, "--all", "--output=json", "--no-pager", "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        for line in process.stdout:
            entry = json.loads(line)
            if "GANTRY_UID" in entry:
                yield entry


def count(bench, variant):
    return sum(1 for _ in entries(bench, variant))


def read(bench, variant):
    for entry in entries(bench, variant):
        text = entry.get("MESSAGE", "")
        facts = {
            "severity": LEVELS[int(entry["PRIORITY"])], "name": entry["CONTAINER_NAME"], "stream": entry["GANTRY_STREAM"],
            "container": entry["CONTAINER_ID_FULL"], "service": entry["GANTRY_SERVICE"]}
        if variant == "journal-remote":
            facts["microseconds"] = int(entry["__REALTIME_TIMESTAMP"])
        for fact, name in {"time": "GANTRY_TIME", "project": "GANTRY_PROJECT", "image": "IMAGE_NAME"}.items():
            if name in entry:
                facts[fact] = entry[name]
        yield entry["GANTRY_UID"], bytes(text) if isinstance(text, list) else text.encode(), facts
