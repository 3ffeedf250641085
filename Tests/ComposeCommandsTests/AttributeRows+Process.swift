extension AttributeRow {
    static let base = "services: {parent: {image: other, hostname: inherited}}"

    static let identity = [
        AttributeRow("services.X.image", "", .container("/Image", #""app""#)),
        AttributeRow("services.X.build.*", "build: .", .here("how the image is made, not what its containers are")),
        AttributeRow("services.X.pull_policy", "pull_policy: never", .said("pull_policy is never")),
        AttributeRow("services.X.pull_refresh_after", "pull_refresh_after: 1d", .said("has no effect here")),
        AttributeRow("services.X.platform", "platform: linux/arm64", .container("/?platform", #""linux/arm64""#)),
        AttributeRow(
            "services.X.container_name", "container_name: front",
            .container("/NetworkingConfig/EndpointsConfig/shop_default/Aliases", #"["front", "web"]"#)),
        AttributeRow("services.X.hostname", "hostname: front", .container("/Hostname", #""front""#)),
        AttributeRow("services.X.domainname", "domainname: example.org", .container("/Domainname", #""example.org""#)),
        AttributeRow("services.X.labels", "labels: {team: a}", .container("/Labels/team", #""a""#)),
        AttributeRow("services.X.label_file", "label_file: vars", .container("/Labels/FROM_FILE", #""1""#)),
        AttributeRow(
            "services.X.annotations", "annotations: [a=b]", .container("/HostConfig/Annotations", #"{"a": "b"}"#)),
        AttributeRow("services.X.profiles", "profiles: [extra]", .here("a service that is off is not planned")),
        AttributeRow(
            "services.X.extends.service", "extends: {file: base.yaml, service: parent}",
            .container("/Hostname", #""inherited""#)),
        AttributeRow(
            "services.X.extends.file", "extends: {file: base.yaml, service: parent}",
            .container("/Hostname", #""inherited""#)),
        AttributeRow("services.X.scale", "scale: 2", .here("the number of replicas"), .container("/Image", #""app""#)),
        AttributeRow(
            "services.X.provider.type", "provider: {type: aws}", .said("Service web: provider aws is a plugin")),
        AttributeRow(
            "services.X.provider.options", "provider: {type: aws, options: {a: b}}", .said("provider aws is a plugin")),
        AttributeRow("services.X.attach", "attach: false", .here("whose output an attached run shows")),
        AttributeRow("services.X.develop.*", "develop: {watch: []}", .here("for watching, which `up` does not do")),
        AttributeRow(
            "services.X.models.X.endpoint_var", "models: {llm: {endpoint_var: U}}",
            file: "models: {llm: {model: ai/m}}",
            .said("Service web: models (llm) are run by Docker's model runner")),
        AttributeRow(
            "services.X.models.X.model_var", "models: {llm: {model_var: M}}", file: "models: {llm: {model: ai/m}}",
            .said("models (llm)")),
        AttributeRow(
            "services.X.use_api_socket", "use_api_socket: true",
            .container("/HostConfig/Binds", #"["/var/run/docker.sock:/var/run/docker.sock:rw"]"#),
            .container("/Env", #"["DOCKER_CONFIG=/run/secrets/docker"]"#),
            .file("/run/secrets/docker/config.json", content: "{\n  \"auths\" : {\n\n  }\n}")),
    ]

    static let process = [
        AttributeRow("services.X.command", "command: run 'a b'", .container("/Cmd", #"["run", "a b"]"#)),
        AttributeRow("services.X.entrypoint", "entrypoint: []", .container("/Entrypoint", "[]")),
        AttributeRow("services.X.working_dir", "working_dir: /srv", .container("/WorkingDir", #""/srv""#)),
        AttributeRow("services.X.user", "user: \"1:2\"", .container("/User", #""1:2""#)),
        AttributeRow(
            "services.X.group_add", "group_add: [audio, 7]", .container("/HostConfig/GroupAdd", #"["audio", "7"]"#)),
        AttributeRow(
            "services.X.environment", "environment: {A: 1, TOKEN: , GONE: }",
            .container("/Env", #"["A=1", "GONE", "TOKEN=t0ken"]"#)),
        AttributeRow("services.X.env_file.path", "env_file: vars", .container("/Env", #"["FROM_FILE=1"]"#)),
        AttributeRow(
            "services.X.env_file.format", "env_file: [{path: vars, format: raw}]",
            .container("/Env", #"["FROM_FILE=1"]"#)),
        AttributeRow(
            "services.X.env_file.required", "env_file: [{path: none, required: false}], hostname: h",
            .container("/Hostname", #""h""#)),
        AttributeRow("services.X.init", "init: false", .container("/HostConfig/Init", "false")),
        AttributeRow("services.X.tty", "tty: true", .container("/Tty", "true")),
        AttributeRow("services.X.stdin_open", "stdin_open: true", .container("/OpenStdin", "true")),
        AttributeRow("services.X.stop_signal", "stop_signal: SIGINT", .container("/StopSignal", #""SIGINT""#)),
        AttributeRow("services.X.stop_grace_period", "stop_grace_period: 1m30s", .container("/StopTimeout", "90")),
        AttributeRow(
            "services.X.restart", "restart: on-failure:3",
            .container("/HostConfig/RestartPolicy", #"{"Name": "on-failure", "MaximumRetryCount": 3}"#)),
        AttributeRow(
            "services.X.healthcheck.test", "healthcheck: {test: ok}",
            .container("/Healthcheck/Test", #"["CMD-SHELL", "ok"]"#)),
        AttributeRow(
            "services.X.healthcheck.timeout", "healthcheck: {timeout: 2s}",
            .container("/Healthcheck/Timeout", "2000000000")),
        AttributeRow(
            "services.X.healthcheck.interval", "healthcheck: {interval: 1s}",
            .container("/Healthcheck/Interval", "1000000000")),
        AttributeRow(
            "services.X.healthcheck.retries", "healthcheck: {retries: 5}", .container("/Healthcheck/Retries", "5")),
        AttributeRow(
            "services.X.healthcheck.start_period", "healthcheck: {start_period: 1s}",
            .container("/Healthcheck/StartPeriod", "1000000000")),
        AttributeRow(
            "services.X.healthcheck.start_interval", "healthcheck: {start_period: 9s, start_interval: 1s}",
            .container("/Healthcheck/StartInterval", "1000000000")),
        AttributeRow(
            "services.X.healthcheck.disable", "healthcheck: {disable: true}",
            .container("/Healthcheck/Test", #"["NONE"]"#)),
        AttributeRow(
            "services.X.depends_on.X.condition", "depends_on: {db: {condition: service_healthy}}",
            .container("/Labels/com.docker.compose.depends_on", #""db:service_healthy:false""#),
            .here("the order of operations")),
        AttributeRow(
            "services.X.depends_on.X.restart", "depends_on: {db: {condition: service_started, restart: true}}",
            .container("/Labels/com.docker.compose.depends_on", #""db:service_started:true""#),
            .here("a restart along with the other service")),
        AttributeRow(
            "services.X.depends_on.X.required", "depends_on: {off: {condition: service_started, required: false}}",
            .here("whether the other service must be on"), .said("off")),
        AttributeRow("services.X.pre_start.*", "pre_start: [{command: [a]}]", .here("a container that runs before")),
        AttributeRow("services.X.post_start.*", "post_start: [{command: [a]}]", .here("a process after the start")),
        AttributeRow("services.X.pre_stop.*", "pre_stop: [{command: [a]}]", .here("a process before the stop")),
        AttributeRow(
            "services.X.logging.driver", "logging: {driver: local}",
            .container("/HostConfig/LogConfig/Type", #""local""#)),
        AttributeRow(
            "services.X.logging.options", "logging: {options: {max-size: 1m}}",
            .container("/HostConfig/LogConfig/Config", #"{"max-size": "1m"}"#)),
    ]
}
