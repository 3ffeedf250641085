"""Redis: streams, read through its own protocol (redis.io, "Redis serialization protocol specification")."""
import socket

KEY = "logs:all"


def start(bench):
    port = bench.port()
    bench.write("port", str(port))
    bench.run(bench.program("redis-server"), "--bind", "127.0.0.1", "--port", str(port), "--dir", bench.folder,
              "--save", "", "--appendonly", "yes", "--appendfsync", "always", ready=port)
    ask(bench, "ACL", "SETUSER", "shipper", "on", ">correct-horse", "~logs:*", "+@all")
    place = f"127.0.0.1:{port}/3?key={KEY}"
    return {"urls": {"streams": f"redis://shipper:correct-horse@{place}"},
            "refused": {"a wrong password of Redis": f"redis://shipper:wrong-horse@{place}"}}


def ask(bench, *words):
    with socket.create_connection(("127.0.0.1", int(open(bench.path("port")).read())), 20) as connection:
        answers = connection.makefile("rb")
        for command in [["SELECT", "3"], words]:
            connection.sendall(b"*%d\r\n" % len(command) + b"".join(
                b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode()) for word in command))
            answer = parse(answers)
        return answer


def parse(answers):
    line = answers.readline().rstrip(b"\r\n")
    kind, rest = line[:1], line[1:]
    assert kind in b"+:$*", line
    if kind == b"$":
        return answers.read(int(rest) + 2)[:-2]
    if kind == b"*":
        return [parse(answers) for _ in range(int(rest))]
    return int(rest) if kind == b":" else rest


def count(bench, variant):
    return ask(bench, "XLEN", KEY)


def read(bench, variant):
    for identifier, words in ask(bench, "XRANGE", KEY, "-", "+"):
        fields = dict(zip([name.decode() for name in words[::2]], words[1::2]))
        text, uid = fields.pop("message"), fields.pop("uid").decode()
        assert identifier.decode() == uid.split("-")[-1] + "-0", identifier
        yield uid, text, {name: value.decode() for name, value in fields.items()}
