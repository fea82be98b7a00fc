// Sends requests by node:http, in Node or in Deno: `node_http.mjs URL`. Prints a report as JSON.

import http from "node:http";

const url = process.argv[2];
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const seen = {};

/** Sends a request and resolves with its response and the events before it. */
function ask(path, options, send = (request) => request.end()) {
  return new Promise((resolve, reject) => {
    const events = [];
    const request = http.request(url + path, { agent, ...options });
    request.on("continue", () => events.push("continue"));
    request.on("information", ({ statusCode, headers }) => {
      if (statusCode !== 100) events.push([statusCode, headers.link]);
    });
    request.on("error", reject);
    request.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (piece) => text += piece);
      response.on("error", reject);
      response.on("end", () => {
        const { statusCode: status, headers } = response;
        resolve({ status, headers, text, events });
      });
    });
    send(request);
  });
}

const post = { method: "POST", headers: { "content-type": "text/plain" } };

const first = await ask("/hello", {});
const second = await ask("/hello", {});
seen.get = [first.status, first.text, second.status, second.text];

const head = await ask("/hello", { method: "HEAD" });
seen.head = [head.status, head.headers["content-length"], head.text];

seen.length = JSON.parse((await ask("/echo", post, (request) => request.end("abc"))).text);

seen.chunked = JSON.parse(
  (await ask("/echo", post, (request) => {
    for (let i = 0; i < 20; i++) request.write("x".repeat(10_000));
    request.end();
  })).text,
);

seen.trailers = JSON.parse(
  (await ask("/echo", {
    method: "POST",
    headers: { trailer: "X-Trailer", "transfer-encoding": "chunked" },
  }, (request) => {
    request.write("abc");
    request.addTrailers({ "X-Trailer": "1" });
    request.end();
  })).text,
);

const expecting = await ask("/echo", {
  method: "POST",
  headers: { expect: "100-continue", "content-length": "3" },
}, (request) => {
  let sent = false;
  const send = () => {
    if (!sent) request.end("abc");
    sent = true;
  };
  request.on("continue", send);
  request.flushHeaders();
});
seen.expecting = [expecting.events, JSON.parse(expecting.text)];

const hinted = await ask("/hints", {});
seen.hints = [hinted.events, hinted.text];

seen.large = (await ask("/large", {})).text.length;
seen.stream = (await ask("/stream", {})).text;
const none = await ask("/none", {});
seen.none = [none.status, none.text];
const failed = await ask("/fail", {});
seen.fail = [failed.status, failed.text];
const last = await ask("/hello", {});
seen.last = [last.status, last.text];

agent.destroy();
console.log(JSON.stringify(seen));
