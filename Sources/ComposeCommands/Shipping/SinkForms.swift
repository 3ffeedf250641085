/// The kinds of sinks with the forms of their URLs, for people.
enum SinkForms {
    static let all: [(kind: String, form: String, what: String)] = [
        ("http", "http://HOST[:PORT]/PATH", "posts JSON to any endpoint"),
        ("https", "https://HOST[:PORT]/PATH", "the same over TLS"),
        ("loki", "loki+http[s]://HOST[:3100]", "Grafana Loki"),
        ("elasticsearch", "elasticsearch+http[s]://HOST[:9200]", "Elasticsearch"),
        ("opensearch", "opensearch+http[s]://HOST[:9200]", "OpenSearch"),
        ("otlp", "otlp+http[s]://HOST[:4318]", "OpenTelemetry collectors"),
        ("hec", "hec+http[s]://HOST[:8088]?token=TOKEN", "Splunk's HTTP Event Collector"),
        ("s3", "s3://BUCKET[/PREFIX]?region=REGION", "S3 and what speaks like it"),
        ("journal", "journal+http[s]://HOST[:19532]", "systemd-journal-remote"),
        ("tcp", "tcp://HOST:PORT", "lines over TCP"),
        ("tls", "tls://HOST:PORT", "lines over TLS"),
        ("unix", "unix:///PATH", "lines over a socket of this machine"),
        ("syslog", "syslog[+tcp|+tls|+udp|+unix]://HOST[:PORT]", "syslog, RFC 5424 or 3164"),
        ("relp", "relp[+tls]://HOST[:2514]", "syslog with acknowledgements"),
        ("gelf", "gelf[+udp|+tcp|+tls]://HOST[:12201]", "Graylog"),
        ("forward", "forward[+tls|+unix]://HOST[:24224]", "Fluentd, Fluent Bit"),
        ("redis", "redis[+tls|+unix]://HOST[:6379][/DATABASE]", "Redis streams"),
        ("nats", "nats[+tls]://HOST[:4222]", "NATS JetStream"),
        ("journald", "journald:", "this machine's journal"),
        ("file", "file:./logs/{service}.jsonl", "files, rotated and compressed"),
        ("console", "console:[stderr]", "this process's own output"),
        ("exec", "exec:/PATH/OF/PROGRAM", "the input of a program"),
        ("sqlite", "sqlite:./logs.db", "an SQLite database"),
    ]
}
