// Every deadline of a connection, by arithmetic alone.

import { assertEquals } from "@std/assert";
import {
  ConnectionDeadlines,
  type ConnectionState,
  type DeadlineOptions,
  type Expiry,
  shortestDeadline,
} from "../../src/connection/connection_deadlines.ts";

const OPTIONS: DeadlineOptions = {
  headTimeout: 15_000,
  contentTimeout: 30_000,
  minContentRate: 240,
  requestTimeout: 300_000,
  writeTimeout: 60_000,
  minResponseRate: 240,
  keepAliveTimeout: 65_000,
};
const NEVER: DeadlineOptions = {
  headTimeout: Infinity,
  contentTimeout: Infinity,
  minContentRate: 0,
  requestTimeout: Infinity,
  writeTimeout: Infinity,
  minResponseRate: 0,
  keepAliveTimeout: Infinity,
};

const STATE: ConnectionState = {
  phase: "head",
  phaseCount: 1,
  requestCount: 0,
  received: 0,
  writing: false,
  sent: 0,
  drained: 0,
};

/** A connection whose state the test sets; members that are not given keep their values. */
class Asked {
  readonly #deadlines: ConnectionDeadlines;
  #state = STATE;

  constructor(options: Partial<DeadlineOptions> = {}) {
    this.#deadlines = new ConnectionDeadlines({ ...OPTIONS, ...options });
  }

  at(now: number, change: Partial<ConnectionState> = {}): Expiry | undefined {
    this.#state = { ...this.#state, ...change };
    return this.#deadlines.check(now, this.#state);
  }
}

Deno.test("shortestDeadline is the shortest deadline in force", () => {
  assertEquals(shortestDeadline({ ...OPTIONS, headTimeout: 300 }), 300);
  assertEquals(shortestDeadline({ ...OPTIONS, contentTimeout: 300 }), 300);
  assertEquals(shortestDeadline({ ...OPTIONS, requestTimeout: 300 }), 300);
  assertEquals(shortestDeadline({ ...OPTIONS, writeTimeout: 300 }), 300);
  assertEquals(shortestDeadline({ ...OPTIONS, keepAliveTimeout: 300 }), 300);
  assertEquals(shortestDeadline(NEVER), 1_000); // the tick has other work too
});

Deno.test("a head has headTimeout from the moment it was first seen waiting", () => {
  const asked = new Asked();
  assertEquals(asked.at(1_000_000), undefined);
  assertEquals(asked.at(1_014_999), undefined);
  assertEquals(asked.at(1_015_000), "head");
});

Deno.test("progress does not extend the deadline of a head", () => {
  const asked = new Asked();
  asked.at(0);
  for (let now = 500; now < 15_000; now += 500) {
    assertEquals(asked.at(now, { received: now }), undefined);
  }
  assertEquals(asked.at(15_000, { received: 15_000 }), "head");
});

Deno.test("each head has its own deadline", () => {
  const asked = new Asked();
  asked.at(0);
  asked.at(14_000, { phase: "handling", phaseCount: 2, requestCount: 1, received: 90 });
  assertEquals(asked.at(14_500, { phase: "head", phaseCount: 3 }), undefined);
  assertEquals(asked.at(29_499), undefined);
  assertEquals(asked.at(29_500), "head");
});

Deno.test("an idle connection has keepAliveTimeout", () => {
  const asked = new Asked();
  asked.at(0, { phase: "idle", phaseCount: 4, requestCount: 1 });
  assertEquals(asked.at(64_999), undefined);
  assertEquals(asked.at(65_000), "keep-alive");
});

Deno.test("a connection is not idle while its last response is being sent", () => {
  const asked = new Asked({ minResponseRate: 0 });
  asked.at(0, { phase: "idle", phaseCount: 4, requestCount: 1, writing: true, sent: 10 });
  assertEquals(asked.at(50_000, { sent: 20 }), undefined);
  assertEquals(asked.at(100_000, { sent: 30 }), undefined);
  assertEquals(asked.at(100_500, { writing: false, sent: 40 }), undefined);
  assertEquals(asked.at(164_999), undefined);
  assertEquals(asked.at(165_000), "keep-alive");
});

Deno.test("a connection that was busy between two ticks begins a new idle time", () => {
  const asked = new Asked();
  asked.at(0, { phase: "idle", phaseCount: 4, requestCount: 1 });
  // A whole exchange took place between two ticks: only the count of phases shows it.
  asked.at(60_000, { phase: "idle", phaseCount: 7, requestCount: 2, received: 90, sent: 200 });
  assertEquals(asked.at(124_999), undefined);
  assertEquals(asked.at(125_000), "keep-alive");
});

Deno.test("content has contentTimeout between its pieces", () => {
  const asked = new Asked({ minContentRate: 0 });
  asked.at(0, { phase: "content", phaseCount: 3, requestCount: 1 });
  assertEquals(asked.at(29_999), undefined);
  assertEquals(asked.at(29_999, { received: 1 }), undefined);
  assertEquals(asked.at(59_998), undefined);
  assertEquals(asked.at(59_999), "content");
});

Deno.test("time in which the application did not read content is no gap", () => {
  const asked = new Asked({ minContentRate: 0 });
  asked.at(0, { phase: "content", phaseCount: 3, requestCount: 1 });
  asked.at(1_000, { phase: "handling", phaseCount: 4, received: 1_000 });
  assertEquals(asked.at(200_000), undefined);
  assertEquals(asked.at(200_500, { phase: "content", phaseCount: 5 }), undefined);
  assertEquals(asked.at(230_499), undefined);
  assertEquals(asked.at(230_500), "content");
});

Deno.test("content may come slower than minContentRate in the first 5 s only", () => {
  const asked = new Asked();
  asked.at(0, { phase: "content", phaseCount: 3, requestCount: 1 });
  assertEquals(asked.at(2_500, { received: 1 }), undefined);
  assertEquals(asked.at(5_000, { received: 2 }), undefined);
  assertEquals(asked.at(5_500, { received: 3 }), "content-rate");
});

Deno.test("content that keeps to minContentRate on average is not too slow", () => {
  const asked = new Asked();
  let received = 0;
  asked.at(0, { phase: "content", phaseCount: 3, requestCount: 1 });
  for (let now = 500; now <= 200_000; now += 500) {
    assertEquals(asked.at(now, { received: received += 120 }), undefined);
  }
  assertEquals(asked.at(200_500, { received: received + 119 }), "content-rate");
});

Deno.test("content read piece by piece is held to minContentRate as well", () => {
  const asked = new Asked();
  let expiry: Expiry | undefined;
  let phaseCount = 3;
  let now = 0;
  asked.at(now, { phase: "content", phaseCount, requestCount: 1 });
  // Each octet wakes the application, which asks for the next at once: every tick sees a new phase.
  for (let received = 1; expiry === undefined && now < 60_000; received++) {
    expiry = asked.at(now += 500, { received, phaseCount: phaseCount += 2 });
  }
  assertEquals([expiry, now], ["content-rate", 5_500]);
});

Deno.test("the time of a slow application does not count for minContentRate", () => {
  const asked = new Asked();
  let phaseCount = 3;
  let received = 0;
  asked.at(0, { phase: "handling", phaseCount, requestCount: 1 });
  for (let now = 10_000; now < 290_000; now += 10_000) {
    // It asks for a piece once in ten seconds, and that piece has come already.
    assertEquals(asked.at(now, { phase: "handling", phaseCount: phaseCount += 2 }), undefined);
    assertEquals(
      asked.at(now + 500, { phase: "handling", phaseCount: phaseCount += 2, received: ++received }),
      undefined,
    );
  }
});

Deno.test("minContentRate is counted for each request by itself", () => {
  const asked = new Asked();
  asked.at(0, { phase: "content", phaseCount: 3, requestCount: 1 });
  asked.at(4_500, { received: 10 });
  asked.at(5_000, { phase: "content", phaseCount: 6, requestCount: 2 });
  assertEquals(asked.at(9_500, { received: 20 }), undefined);
  assertEquals(asked.at(10_500, { received: 21 }), "content-rate");
});

Deno.test("a request has requestTimeout for head and content together", () => {
  const asked = new Asked({ minContentRate: 0, requestTimeout: 40_000 });
  asked.at(0);
  asked.at(10_000, { phase: "content", phaseCount: 3, requestCount: 1, received: 90 });
  let received = 90;
  for (let now = 10_500; now < 40_000; now += 500) {
    assertEquals(asked.at(now, { received: ++received }), undefined);
  }
  assertEquals(asked.at(40_000, { received: ++received }), "request");
});

Deno.test("requestTimeout does not count the time in which the application does not read", () => {
  const asked = new Asked({ minContentRate: 0, requestTimeout: 40_000 });
  let phaseCount = 3;
  let received = 90;
  let now = 0;
  asked.at(now, { phase: "content", phaseCount, requestCount: 1, received });
  // It takes a second over each piece, and then waits half a second for the next.
  for (let pieces = 0; pieces < 79; pieces++) {
    assertEquals(
      asked.at(now += 1_000, { phase: "handling", phaseCount: ++phaseCount }),
      undefined,
    );
    const change = { phase: "content", phaseCount: ++phaseCount, received: ++received } as const;
    assertEquals(asked.at(now += 500, change), undefined);
  }
  assertEquals(now, 118_500);
  assertEquals(asked.at(now += 500, { received: ++received }), "request");
});

Deno.test("requestTimeout of a head that came at once begins when the request is first seen", () => {
  const asked = new Asked({ minContentRate: 0, contentTimeout: Infinity });
  const began = 1_000_000;
  assertEquals(
    asked.at(began, { phase: "content", phaseCount: 3, requestCount: 1, received: 90 }),
    undefined,
  );
  assertEquals(asked.at(began + 299_999), undefined);
  assertEquals(asked.at(began + 300_000), "request");
});

Deno.test("requestTimeout does not count the idle time before a request", () => {
  const asked = new Asked({ minContentRate: 0, requestTimeout: 40_000 });
  asked.at(0, { phase: "idle", phaseCount: 5, requestCount: 1 });
  asked.at(60_000, { phase: "content", phaseCount: 8, requestCount: 2, received: 90 });
  assertEquals(asked.at(89_999), undefined);
  assertEquals(asked.at(89_999, { received: 91 }), undefined);
  assertEquals(asked.at(99_999, { received: 92 }), undefined);
  assertEquals(asked.at(100_000, { received: 93 }), "request");
});

Deno.test("an application that does not read has no deadline here", () => {
  const asked = new Asked();
  asked.at(0, { phase: "handling", phaseCount: 3, requestCount: 1 });
  assertEquals(asked.at(86_400_000), undefined);
});

Deno.test("a write has writeTimeout without progress, in every phase", () => {
  for (const phase of ["idle", "head", "handling", "content", "draining", "lingering"] as const) {
    const asked = new Asked({ ...NEVER, writeTimeout: 1_500 });
    asked.at(0, { phase, phaseCount: 3, requestCount: 1, writing: true, sent: 10 });
    assertEquals(asked.at(1_499), undefined, phase);
    assertEquals(asked.at(1_499, { sent: 11 }), undefined, phase);
    assertEquals(asked.at(1_999), undefined, phase);
  }
  const asked = new Asked({ minResponseRate: 0 });
  asked.at(0, { phase: "handling", phaseCount: 3, requestCount: 1, writing: true });
  assertEquals(asked.at(60_000), "write");
});

Deno.test("progress extends the deadline of a write", () => {
  const asked = new Asked({ minResponseRate: 0 });
  asked.at(0, { phase: "handling", phaseCount: 3, requestCount: 1, writing: true });
  assertEquals(asked.at(59_999, { sent: 1 }), undefined);
  assertEquals(asked.at(119_998), undefined);
  assertEquals(asked.at(119_999), "write");
});

Deno.test("octets that leave the system's queue extend the deadline of a write", () => {
  const asked = new Asked();
  asked.at(0, { phase: "handling", phaseCount: 3, requestCount: 1, writing: true });
  assertEquals(asked.at(45_000, { drained: 300_000 }), undefined);
  assertEquals(asked.at(104_999), undefined);
  assertEquals(asked.at(105_000), "write");
});

Deno.test("a write that ended and another that began do not count together", () => {
  const asked = new Asked({ minResponseRate: 0 });
  asked.at(0, { phase: "handling", phaseCount: 3, requestCount: 1, writing: true });
  asked.at(59_000, { writing: false });
  assertEquals(asked.at(60_000, { writing: true }), undefined);
  assertEquals(asked.at(118_999), undefined);
  assertEquals(asked.at(119_000), "write");
});

for (const [phase, expiry] of [["draining", "drain"], ["lingering", "linger"]] as const) {
  Deno.test(`${phase} has 2 s for a client that sends nothing, or little`, () => {
    for (const received of [0, 1, 8_000]) {
      const asked = new Asked();
      asked.at(0, { phase, phaseCount: 5, requestCount: 1 });
      assertEquals(asked.at(1_999, { received }), undefined);
      assertEquals(asked.at(2_000), expiry);
    }
  });

  Deno.test(`${phase} continues while the client sends at a fair rate, for 300 s at most`, () => {
    for (const options of [{}, { requestTimeout: Infinity }]) {
      const asked = new Asked(options);
      let received = 1_000_000; // what came before does not count
      asked.at(0, { phase, phaseCount: 5, requestCount: 1, received });
      for (let now = 500; now < 300_000; now += 500) {
        assertEquals(asked.at(now, { received: received += 2_100 }), undefined);
      }
      assertEquals(asked.at(300_000, { received: received += 2_100 }), expiry);
    }
  });

  Deno.test(`${phase} ends when the client becomes slow, or pauses for 5 s`, () => {
    const slow = new Asked();
    slow.at(0, { phase, phaseCount: 5, requestCount: 1 });
    assertEquals(slow.at(2_000, { received: 9_000 }), undefined);
    assertEquals(slow.at(3_000, { received: 9_100 }), expiry);
    const paused = new Asked();
    paused.at(0, { phase, phaseCount: 5, requestCount: 1 });
    assertEquals(paused.at(2_000, { received: 9_000_000 }), undefined);
    assertEquals(paused.at(6_999), undefined);
    assertEquals(paused.at(7_000), expiry);
  });
}

Deno.test("without deadlines in the options only draining and lingering expire", () => {
  for (const phase of ["idle", "head", "handling", "content"] as const) {
    const asked = new Asked(NEVER);
    asked.at(0, { phase, phaseCount: 3, requestCount: 1, writing: true });
    assertEquals(asked.at(1e12), undefined, phase);
  }
});

Deno.test("a client that takes a response too slowly is cut off after the grace", () => {
  const asked = new Asked();
  asked.at(0, { phase: "handling", phaseCount: 3, requestCount: 1, writing: true });
  for (let now = 500; now <= 9_500; now += 500) {
    assertEquals(asked.at(now, { sent: now * 0.12 }), undefined, `${now}`);
  }
  assertEquals(asked.at(10_500, { sent: 1_260 }), "write-rate");
});

Deno.test("a client that takes as much as minResponseRate is not cut off", () => {
  const asked = new Asked();
  asked.at(0, { phase: "handling", phaseCount: 3, requestCount: 1, writing: true });
  for (let now = 500; now <= 300_000; now += 500) {
    assertEquals(asked.at(now, { sent: now * 0.24 }), undefined, `${now}`);
  }
});

Deno.test("octets taken in lumps count until writeTimeout", () => {
  const asked = new Asked();
  asked.at(0, { phase: "handling", phaseCount: 3, requestCount: 1 });
  for (let lump = 1; lump <= 3; lump++) {
    const start = lump * 59_000;
    assertEquals(asked.at(start, { sent: lump * 800_000, writing: true }), undefined);
    for (let now = start + 500; now < start + 59_000; now += 500) {
      assertEquals(asked.at(now), undefined, `${now}`);
    }
  }
});

Deno.test("a response with nothing to send is not judged by its rate", () => {
  const asked = new Asked();
  asked.at(0, { phase: "handling", phaseCount: 3, requestCount: 1 });
  for (let now = 500; now <= 300_000; now += 500) {
    assertEquals(asked.at(now, { sent: now * 0.001, writing: now % 10_000 === 0 }), undefined);
  }
});
