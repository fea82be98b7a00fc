// node:http for the benches. It has no uploads and downloads.

import { createServer } from "node:http";

const server = createServer((_request, response) => {
  response.setHeader("Content-Type", "text/plain;charset=UTF-8");
  response.end("Hello world!");
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address === null || typeof address === "string") return;
  console.log(`Listening on http://127.0.0.1:${address.port}/`);
});
