import NIOCore
import NIOHTTP1

/// Decodes HTTP responses until the exchange takes the connection over, and passes bytes on as they are from there.
///
/// The switch happens inside the decoder, so bytes that arrived together with the response head stay in order and no
/// handler has to be exchanged under way.
final class ResponseDecoder: WriteObservingByteToMessageDecoder {
    typealias InboundOut = HTTPClientResponsePart
    typealias OutboundIn = HTTPClientRequestPart

    private let http = HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes)
    /// Set while a response head is delivered: what follows the head is no longer HTTP.
    var isTakenOver = false

    func decoderAdded(context: ChannelHandlerContext) { http.decoderAdded(context: context) }

    func decoderRemoved(context: ChannelHandlerContext) { http.decoderRemoved(context: context) }

    func write(data: HTTPClientRequestPart) { http.write(data: data) }

    func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        if !isTakenOver {
            let state = try http.decode(context: context, buffer: &buffer)
            guard isTakenOver else { return state }
        }
        forward(&buffer, context)
        return .needMoreData
    }

    func decodeLast(
        context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool
    ) throws -> DecodingState {
        guard isTakenOver else { return try http.decodeLast(context: context, buffer: &buffer, seenEOF: seenEOF) }
        forward(&buffer, context)
        return .needMoreData
    }

    private func forward(_ buffer: inout ByteBuffer, _ context: ChannelHandlerContext) {
        guard let bytes = buffer.readSlice(length: buffer.readableBytes), bytes.readableBytes > 0 else { return }
        context.fireChannelRead(ResponseDecoder.wrapInboundOut(.body(bytes)))
    }
}
