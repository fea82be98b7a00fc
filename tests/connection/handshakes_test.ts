// The steps between accept and HTTP: in order, many connections at a time, and under one deadline.

import { assertEquals, assertStrictEquals } from "@std/assert";
import type { LogEvent } from "../../src/log/log_event.ts";
import {
  HandshakeRunner,
  type HandshakeStep,
  type IncomingConnection,
} from "../../src/connection/handshakes.ts";
import { Latch, within } from "../support/latch.ts";
import { MemoryStream } from "../support/memory_stream.ts";

const addr = (port: number) => ({ transport: "tcp" as const, hostname: "192.0.2.1", port });

function incomingOn(stream: MemoryStream, port = 1): IncomingConnection {
  return { stream, endpoints: { scheme: "http", localAddr: addr(80), remoteAddr: addr(port) } };
}

function receptionOf(steps: readonly HandshakeStep[], timeout = Infinity) {
  const log: LogEvent[] = [];
  return { log, handshakes: new HandshakeRunner(steps, timeout, (event) => log.push(event)) };
}

/** Waits for an octet, as a handshake does. */
const readOne: HandshakeStep = async (incoming) => {
  if (await incoming.stream.read(new Uint8Array(1)) === null) throw new Error("ended");
  return incoming;
};

Deno.test("without steps a connection is returned at once", () => {
  const [, server] = MemoryStream.pair();
  const { handshakes } = receptionOf([]);
  const incoming = incomingOn(server);
  assertStrictEquals(handshakes.run(incoming), incoming);
});

Deno.test("each step gets the result of the step before", async () => {
  const [, server] = MemoryStream.pair();
  const steps = ["https", "http", "https"].map(
    (scheme): HandshakeStep => ({ stream, endpoints }) => {
      const { port } = endpoints.remoteAddr as Deno.NetAddr;
      const next = {
        ...endpoints,
        remoteAddr: addr(port * 10),
        scheme: scheme as "http" | "https",
      };
      return Promise.resolve({ stream, endpoints: next });
    },
  );
  const { handshakes, log } = receptionOf(steps);
  const incoming = await handshakes.run(incomingOn(server));
  assertEquals(incoming?.endpoints, {
    scheme: "https",
    localAddr: addr(80),
    remoteAddr: addr(1000),
  });
  assertEquals(log, []);
});

Deno.test("a silent client holds up no other", async () => {
  const [, silent] = MemoryStream.pair();
  const [client, server] = MemoryStream.pair();
  const { handshakes } = receptionOf([readOne]);
  const waiting = handshakes.run(incomingOn(silent)) as Promise<unknown>;
  await client.write(new Uint8Array(1));
  assertEquals((await handshakes.run(incomingOn(server, 2)))?.endpoints.remoteAddr, addr(2));
  handshakes.abort();
  assertEquals(await within(waiting), undefined);
  assertEquals([silent.closed, server.closed], [true, false]);
});

Deno.test("a step that fails closes the connection, and is logged once with its reason", async () => {
  const [, server] = MemoryStream.pair();
  const error = Object.assign(new Error("no"), { code: "some-code" });
  const { handshakes, log } = receptionOf([() => Promise.reject(error), readOne]);
  assertEquals(await handshakes.run(incomingOn(server)), undefined);
  assertEquals(server.closed, true);
  assertEquals(log, [{
    level: "info",
    event: "handshake-failed",
    message: "Handshake failed",
    remoteAddr: addr(1),
    error,
    code: "some-code",
  }]);
});

Deno.test("all steps together have one deadline", async () => {
  const [client, server] = MemoryStream.pair();
  const { handshakes, log } = receptionOf([readOne, readOne], 50);
  const received = handshakes.run(incomingOn(server)) as Promise<unknown>;
  await client.write(new Uint8Array(1));
  assertEquals(await within(received), undefined);
  assertEquals(server.closed, true);
  assertEquals(log.map(({ event, level }) => [event, level]), [["handshake-timeout", "info"]]);
});

Deno.test("a connection whose step ends after the deadline is not served", async () => {
  const [, server] = MemoryStream.pair();
  const end = new Latch();
  const stubborn: HandshakeStep = async (incoming) => {
    await end.passed();
    return incoming;
  };
  const { handshakes } = receptionOf([stubborn]);
  const received = handshakes.run(incomingOn(server)) as Promise<unknown>;
  handshakes.abort();
  end.open();
  assertEquals(await within(received), undefined);
  assertEquals(server.closed, true);
});

Deno.test("stop lets the steps under way continue for a moment, and leaves no timer", async () => {
  const [client, server] = MemoryStream.pair();
  const { handshakes } = receptionOf([readOne]);
  const received = handshakes.run(incomingOn(server)) as Promise<IncomingConnection | undefined>;
  handshakes.stop();
  await client.write(new Uint8Array(1));
  assertStrictEquals((await within(received))?.stream, server);
});
