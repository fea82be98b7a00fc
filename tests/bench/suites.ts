// All suites, in the order in which the page reports them.

import type { Suite } from "./suite.ts";
import { hello, pipelined } from "./suites/hello.ts";
import { idle, uploadsMemory } from "./suites/memory.ts";
import { cost, isolation, pooledHello, recovery, streams, waiting } from "./suites/pool.ts";
import { python, pythonIsolation } from "./suites/python.ts";
import { realistic } from "./suites/realistic.ts";
import { sweep } from "./suites/sweep.ts";
import { tls, tlsConnections } from "./suites/tls.ts";
import { pooledTransfers, transfers } from "./suites/transfers.ts";

/** The suites. */
export const SUITES: readonly Suite[] = [
  realistic,
  hello,
  pipelined,
  transfers,
  pooledHello,
  isolation,
  streams,
  waiting,
  pooledTransfers,
  recovery,
  cost,
  python,
  pythonIsolation,
  tls,
  tlsConnections,
  sweep,
  idle,
  uploadsMemory,
];
