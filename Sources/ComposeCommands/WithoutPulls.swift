import ComposeExecutor

/// Passes everything on but how images are fetched.
struct WithoutPulls: PassingObserver {
    let next: any ApplyObserver

    func report(_ event: ApplyEvent) {
        switch event {
        case .pulling, .pullProgress, .pulled: break
        default: next.report(event)
        }
    }
}
