"""What the receivers of syslog have in common: the records in messages of RFC 5424, put together from their parts."""
import re
from datetime import datetime

LEVELS = ["emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"]
PARAMETER = re.compile(r'([^ \[="]+)="((?:[^"\\\]]|\\.)*)"')


def parameters(text):
    return {name: re.sub(r'\\(["\\\]])', r"\1", value) for name, value in PARAMETER.findall(text)}


def count(entries):
    """A record in parts counts with its last."""
    return sum(1 for entry in entries if (data := parameters(entry["data"])).get("part") == data.get("parts"))


def records(entries):
    """Of entries with "severity" (a number), "time", "data" (the structured data as it came) and "message" (bytes)."""
    parts = {}
    for entry in entries:
        data = parameters(entry["data"])
        text = entry["message"]
        moment = datetime.fromisoformat(entry["time"])
        facts = {
            "microseconds": int(moment.timestamp()) * 10**6 + moment.microsecond, "service": data["svc"],
            "severity": LEVELS[int(entry["severity"])], "name": data["name"], "cid": data["cid"], "stream": data["stream"]}
        if "project" in data:
            facts["project"] = data["project"]
        if "parts" in data:
            whole = parts.setdefault(data["uid"], {})
            whole[int(data["part"])] = text
            if len(whole) < int(data["parts"]):
                continue
            text = b"".join(whole[number] for number in sorted(parts.pop(data["uid"])))
        yield data["uid"], text, facts
