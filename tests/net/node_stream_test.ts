// NodeStream and NodeListener: sockets of node:net behave as other streams of the server do.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { isDisconnect } from "../../src/io/disconnect_error.ts";
import { NodeListener } from "../../src/net/node_listener.ts";
import type { AcceptedSocket } from "../../src/net/listening_socket.ts";
import { NodeStream } from "../../src/net/node_stream.ts";
import { inFolder } from "./unix_client.ts";
import { within } from "../support/latch.ts";

/** Both ends of a connection, over a UNIX socket. */
async function connected(
  use: (server: AcceptedSocket, client: Deno.UnixConn, listener: NodeListener) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const path = `${folder}/a.sock`;
    const listener = new NodeListener({ listen: { path }, backlog: 2 });
    const accepting = listener.accept();
    using client = await Deno.connect({ transport: "unix", path });
    const server = await within(accepting);
    try {
      await within(use(server, client, listener));
    } finally {
      try {
        server.close();
      } catch {
        // The test has already closed it.
      }
      listener.close();
    }
  });
}

const hello = new TextEncoder().encode("hello");

Deno.test("NodeStream reads what fits, then the rest, then the end, and can still write", async () => {
  await connected(async (server, client) => {
    await client.write(hello);
    await client.closeWrite();
    const target = new Uint8Array(3);
    assertEquals([await server.read(target), ...target], [3, 104, 101, 108]);
    assertEquals(await server.read(target), 2);
    assertEquals(await server.read(target), null);
    assertEquals(await server.read(target), null);
    assertEquals(await server.write(hello), 5);
    await server.closeWrite();
    const received = new Uint8Array(10);
    assertEquals(await client.read(received), 5);
    assertEquals(await client.read(received), null);
  });
});

Deno.test("NodeStream takes no more from the system than the server reads", async () => {
  await connected(async (server, client) => {
    const piece = new Uint8Array(64 * 1024);
    let sent = 0;
    let blocked = false;
    const sending = (async () => {
      while (!blocked) sent += await client.write(piece);
    })();
    // When nothing moves for a while, the full buffers of the system have stopped the client.
    for (let before = -1; before !== sent;) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    blocked = true;
    assert(sent < 4 * 1024 * 1024, `${sent} octets went somewhere`);
    const target = new Uint8Array(256 * 1024);
    let received = 0;
    while (received < sent) received += await server.read(target) ?? 0;
    await sending;
  });
});

Deno.test("a write of NodeStream waits for a client that does not read, and rejects at the close", async () => {
  await connected(async (server) => {
    const data = new Uint8Array(1024 * 1024);
    let written = 0;
    const writing = (async () => {
      for (;;) written += await server.write(data);
    })();
    for (let before = -1; before !== written;) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert(written > 0);
    const rejected = assertRejects(() => writing, Deno.errors.Interrupted);
    server.close();
    await rejected;
  });
});

Deno.test("closing a NodeStream rejects a pending read and all later calls", async () => {
  await connected(async (server) => {
    const reading = assertRejects(() => server.read(new Uint8Array(1)), Deno.errors.Interrupted);
    server.close();
    await reading;
    for (const operation of ["read", "write"] as const) {
      await assertRejects(() => server[operation](hello.slice()), Deno.errors.BadResource);
    }
    await assertRejects(() => server.closeWrite(), Deno.errors.BadResource);
  });
});

Deno.test("writing to a client that has left fails with BrokenPipe", async () => {
  await connected(async (server, client) => {
    client.close();
    assertEquals(await server.read(new Uint8Array(1)), null);
    await assertRejects(async () => {
      for (let i = 0; i < 100; i++) await server.write(new Uint8Array(64 * 1024));
    }, Deno.errors.BrokenPipe);
  }).catch((error) => {
    if (!(error instanceof Deno.errors.BadResource)) throw error; // the client is closed twice
  });
});

for (const code of ["ECONNRESET", "ECANCELED", "ECONNABORTED", "EPIPE"]) {
  Deno.test(`${code} of a socket of node:net means that the client has left`, async () => {
    const socket = Object.assign(new EventEmitter(), { pause() {}, resume() {}, destroy() {} });
    const stream = new NodeStream(socket as unknown as Socket, { transport: "unix", path: "" });
    const reading = stream.read(new Uint8Array(1));
    socket.emit("error", Object.assign(new Error(`read ${code}`), { code }));
    assert(isDisconnect(await reading.catch((error) => error)));
    const later = stream.write(hello);
    assert(isDisconnect(await later.catch((error) => error)));
  });
}

Deno.test("NodeListener queues connections in order, up to its backlog", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/a.sock`;
    const listener = new NodeListener({ listen: { path }, backlog: 2 });
    const clients = [];
    for (let i = 0; i < 3; i++) {
      const client = await Deno.connect({ transport: "unix", path });
      if (i < 2) await client.write(new Uint8Array([i]));
      clients.push(client);
    }
    // The third exceeds the backlog, and its connection is closed.
    await within(clients[2].read(new Uint8Array(1)).catch(() => null));
    const octet = new Uint8Array(1);
    const first = await listener.accept();
    assertEquals([await first.read(octet), octet[0]], [1, 0]);
    listener.close();
    const rest = listener.takeQueued();
    assertEquals(rest.length, 1);
    assertEquals([await rest[0].read(octet), octet[0]], [1, 1]);
    for (const each of [first, ...rest, ...clients]) each.close();
  });
});

Deno.test("closing a NodeListener rejects a pending accept", async () => {
  await inFolder(async (folder) => {
    const listener = new NodeListener({ listen: { path: `${folder}/a.sock` }, backlog: 2 });
    const accepting = assertRejects(() => listener.accept(), Deno.errors.Interrupted);
    listener.close();
    await accepting;
    await assertRejects(() => listener.accept(), Deno.errors.BadResource);
  });
});
