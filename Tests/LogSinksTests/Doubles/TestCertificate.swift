import FoundationEssentials
import NIOSSL

/// A certificate for 127.0.0.1 alone, and the authority that signed it: made for these tests, valid from 2020 to 2120.
enum TestCertificate {
    /// What a server shows.
    static func server() throws -> TLSConfiguration {
        let chain = try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8)).map {
            NIOSSLCertificateSource.certificate($0)
        }
        return .makeServerConfiguration(
            certificateChain: chain, privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem))
        )
    }

    /// A file with the authority, which is gone after `body`.
    static func withAuthority(_ body: (String) async throws -> Void) async throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "gantry-\(UUID().uuidString).pem")
        try Data(authority.utf8).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        try await body(url.path)
    }

    private static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIBRDCB6qADAgECAgEBMAoGCCqGSM49BAMCMCAxHjAcBgNVBAMMFUdhbnRyeSB0
        ZXN0IGF1dGhvcml0eTAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFow
        IDEeMBwGA1UEAwwVR2FudHJ5IHRlc3QgYXV0aG9yaXR5MFkwEwYHKoZIzj0CAQYI
        KoZIzj0DAQcDQgAEhd8rdE8iLuMc5Cw+UPY8e1cH+a9OnqkRPMqGbmV0BmXfzskk
        8olgS88HeS5FsC4OvoX1xvePbR29NoVVtdvj96MTMBEwDwYDVR0TAQH/BAUwAwEB
        /zAKBggqhkjOPQQDAgNJADBGAiEAzxRpq5HSJi5VPqxLKrF0mjqKgATTb38RrfwS
        gGhJuNUCIQD2so5nDKguuNU99mD1nELCPNjQNhS9uyXu30EWZqjQgQ==
        -----END CERTIFICATE-----
        """
    private static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBRjCB7qADAgECAgECMAoGCCqGSM49BAMCMCAxHjAcBgNVBAMMFUdhbnRyeSB0
        ZXN0IGF1dGhvcml0eTAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFow
        FjEUMBIGA1UEAwwLZ2FudHJ5LXRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
        AATjcPsjtAQON8i+Yrur7BqP8qmAy9iy1DX8dBxwfKh2LlwFp5iVnyrtCKffGWB9
        mToW592/YYxJ6SnWIB1KtcYAoyEwHzAPBgNVHREECDAGhwR/AAABMAwGA1UdEwEB
        /wQCMAAwCgYIKoZIzj0EAwIDRwAwRAIgK4BrIdpBE2dqhVGPVcYijaiwL2T8h6H5
        /hIldCwRPQYCIHZ4GhxF9oxVjFTJTIzj+1HjHxLz899r5ixjChrqg51A
        -----END CERTIFICATE-----
        """
    private static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgYduKRQAQAEjykvpL
        CQWyojMBL7d/AaMAGYR2ZqWhyyehRANCAATjcPsjtAQON8i+Yrur7BqP8qmAy9iy
        1DX8dBxwfKh2LlwFp5iVnyrtCKffGWB9mToW592/YYxJ6SnWIB1KtcYA
        -----END PRIVATE KEY-----
        """
}
