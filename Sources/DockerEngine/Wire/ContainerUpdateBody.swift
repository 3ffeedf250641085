/// The body of `POST /containers/{id}/update`. What it leaves out stays as it is.
struct ContainerUpdateBody: JSONWritable {
    var restartPolicy: HostConfigBody.RestartPolicy

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.add("RestartPolicy", restartPolicy)
        }
    }
}
