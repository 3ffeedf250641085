/// The body of `POST /containers/{id}/update`. What it leaves out stays as it is.
struct ContainerUpdateBody: Encodable {
    enum CodingKeys: String, CodingKey { case restartPolicy = "RestartPolicy" }

    var restartPolicy: HostConfigBody.RestartPolicy
}
