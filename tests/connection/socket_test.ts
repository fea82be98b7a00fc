// Sockets that fail or are slow at a moment that the test chooses.

import { assertEquals } from "@std/assert";
import { toTree } from "../../src/application/application_tree.ts";
import { Connection } from "../../src/connection/connection.ts";
import type { LogEvent } from "../../src/log/log_event.ts";
import { resolveOptions } from "../../src/options/resolve_options.ts";
import { createServerContext } from "../../src/server/server_context.ts";
import { hello } from "./memory_client.ts";
import { ScriptedStream } from "../support/scripted_stream.ts";

Deno.test("a write that fails while the next request arrives is no unhandled rejection", async () => {
  const stream = new ScriptedStream();
  const log: LogEvent[] = [];
  const connection = scriptedConnection(stream, log);
  const serving = connection.serve();
  await stream.arrive("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
  assertEquals([stream.writing, stream.reading], [true, true]);
  await stream.failWrite(new Deno.errors.BrokenPipe("Broken pipe"));
  if (stream.reading) await stream.arrive("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
  if (stream.reading) await stream.arrive(null);
  await serving;
  assertEquals(stream.closed, true);
  assertEquals(log, []);
});

Deno.test("a connection that stops first sends the response under way", async () => {
  const stream = new ScriptedStream();
  const log: LogEvent[] = [];
  const connection = scriptedConnection(stream, log);
  const serving = connection.serve();
  await stream.arrive("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
  assertEquals([stream.writing, stream.reading], [true, true]);
  connection.stop();
  assertEquals(stream.closed, false);
  await stream.take(10);
  assertEquals(stream.closed, false);
  await stream.take();
  if (stream.reading) await stream.arrive(null); // where it lingers
  await serving;
  assertEquals(stream.closed, true);
  assertEquals(log, []);
});

/** A connection whose socket the test controls; its application responds at once. */
function scriptedConnection(stream: ScriptedStream, log: LogEvent[]): Connection {
  const options = resolveOptions({ onLog: (event) => void log.push(event) });
  const context = createServerContext(toTree(hello), options, {
    isStopping: () => false,
    isShared: () => false,
  });
  const address = { transport: "tcp", hostname: "127.0.0.1", port: 8070 } as const;
  const endpoints = { scheme: "http", localAddr: address, remoteAddr: address } as const;
  return new Connection(stream, endpoints, context);
}
