// The application of the fuzz tests: responds to each request with what it understood, as JSON.

import { Gateway } from "../../../src/gateway/gateway.ts";
import type { Exchange } from "../../../src/exchange/exchange.ts";
import type { ReadRequest } from "./strict_reader.ts";

class EchoGateway extends Gateway {
  override async respond(exchange: Exchange): Promise<void> {
    const { head, content } = exchange;
    const octets = content === undefined ? new Uint8Array(0) : await content.read();
    const request: ReadRequest = {
      method: head.method,
      target: head.target.raw,
      protocol: head.protocol,
      fields: head.fields.entries(),
      content: Array.from(octets, (octet) => String.fromCharCode(octet)).join(""),
      trailers: [],
    };
    const responseHead = {
      status: 200,
      fields: [["X-Target", encodeURI(request.target)]],
    } as const;
    await exchange.respond(responseHead, JSON.stringify(request));
  }
}

export default new EchoGateway();
