// The suites of Python applications, on two cores, against other servers in Python with the same application.

import { plainRequest } from "../load/request_load.ts";
import { BOTH_CORES } from "../load/server_process.ts";
import { CHEROOT, pythonPeers, ROBUSTO_EMBEDDED_PYTHON, ROBUSTO_PYTHON } from "../servers/peers.ts";
import type { Suite } from "../suite.ts";
import { compareRequests, REQUEST_COLUMNS } from "./compare_requests.ts";
import { compareIsolation, ISOLATION_COLUMNS } from "./pool.ts";

/** Small requests. */
export const python: Suite = {
  name: "python",
  needs: ["taskset", "wrk"],
  columns: REQUEST_COLUMNS,
  async *run({ rounds, seconds }) {
    yield await compareRequests({
      group: "my_crazy_app in Python: 64 connections, both cores",
      specs: [ROBUSTO_PYTHON, ROBUSTO_EMBEDDED_PYTHON, ...pythonPeers()],
      cores: BOTH_CORES,
      load: { request: plainRequest("/"), seconds, cores: BOTH_CORES },
      base: CHEROOT.name,
      rounds,
    });
  },
};

/** Light requests beside one that computes. */
export const pythonIsolation: Suite = {
  name: "python-isolation",
  needs: ["taskset"],
  columns: ISOLATION_COLUMNS,
  async *run({ rounds, seconds }) {
    yield {
      group: "Light requests in Python, 100/s, beside a client of a handler that computes 200 ms",
      label: "",
      seconds,
      candidates: await compareIsolation(
        [ROBUSTO_PYTHON, ROBUSTO_EMBEDDED_PYTHON],
        1,
        rounds,
        seconds,
      ),
    };
  },
};
