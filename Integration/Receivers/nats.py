"""NATS JetStream, read through its own protocol (docs.nats.io, "Client Protocol" and "JetStream wire API")."""
import base64
import json
import socket

LIMIT = 8 << 20


def start(bench):
    port = bench.port()
    configuration = (f'host: "127.0.0.1"\nport: {port}\nmax_payload: {LIMIT}\njetstream {{ store_dir: "{bench.folder}" }}\n'
                     'authorization { user: "shipper", password: "correct-horse" }\n')
    bench.run(bench.program("nats-server"), "-c", bench.write("nats.conf", configuration), ready=port)
    bench.write("port", str(port))
    client = Client(bench)
    client.ask("STREAM.CREATE.logs", {"name": "logs", "subjects": ["logs.>"], "storage": "file"})
    return {"urls": {"JetStream": f"nats://shipper:correct-horse@127.0.0.1:{port}"},
            "refused": {"a wrong password of NATS": f"nats://shipper:wrong-horse@127.0.0.1:{port}",
                        "a subject without a stream": f"nats://shipper:correct-horse@127.0.0.1:{port}?subject=elsewhere"}}


class Client:
    def __init__(self, bench):
        connection = socket.create_connection(("127.0.0.1", int(open(bench.path("port")).read())), 20)
        self.input, self.output = connection.makefile("rb"), connection.makefile("wb")
        self.input.readline()
        greeting = {"verbose": False, "pedantic": False, "user": "shipper", "pass": "correct-horse", "headers": True}
        self.output.write(f"CONNECT {json.dumps(greeting)}\r\nSUB inbox 1\r\n".encode())

    def ask(self, what, body=None):
        return next(self.ask_all([(what, body)]))

    def ask_all(self, questions):
        for what, body in questions:
            payload = json.dumps(body or {}).encode()
            self.output.write(b"PUB $JS.API.%s inbox %d\r\n%s\r\n" % (what.encode(), len(payload), payload))
            self.output.flush()
            while not (line := self.input.readline()).startswith(b"MSG"):
                if line.startswith(b"PING"):
                    self.output.write(b"PONG\r\n")
                assert line and not line.startswith(b"-ERR"), line
            answer = json.loads(self.input.read(int(line.split()[-1])))
            self.input.readline()
            assert "error" not in answer, answer
            yield answer


def count(bench, variant):
    return Client(bench).ask("STREAM.INFO.logs")["state"]["messages"]


def read(bench, variant):
    total = count(bench, variant)
    for answer in Client(bench).ask_all(("STREAM.MSG.GET.logs", {"seq": number}) for number in range(1, total + 1)):
        message = answer["message"]
        record = json.loads(base64.b64decode(message["data"]))
        uid = base64.b64decode(message["hdrs"]).decode().split("Nats-Msg-Id: ")[1].split("\r\n")[0]
        assert uid == record.pop("uid")
        service = record["service"].replace(" ", "_").replace("*", "_").replace(">", "_")
        assert message["subject"].endswith("." + service), message["subject"]
        yield uid, record.pop("message").encode(), record
