// deno run -A mod.ts examples/streaming.ts
//
// A response that is made while it is sent. The generator makes the next line only when the client has read
// the lines before, so an endless response needs no more memory than a short one. The generator ends when
// the client leaves.

export default {
  fetch(): Response {
    const octets = ReadableStream.from(squares()).pipeThrough(new TextEncoderStream());
    return new Response(octets, { headers: { "content-type": "text/plain" } });
  },
};

function* squares(): Generator<string> {
  for (let n = 1;; n++) yield `${n} * ${n} = ${n * n}\n`;
}

// You see: curl http://127.0.0.1:8070/ | head -n 3 -> 1 * 1 = 1 2 * 2 = 4 3 * 3 = 9
