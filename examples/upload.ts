// deno run -A mod.ts examples/upload.ts --max-content-size 1GB
//
// Reads the content piece by piece as it arrives. The server reads a piece from the client only when the
// loop asks for it, so a large upload needs no more memory than a small one.

export default {
  async fetch(request: Request): Promise<Response> {
    let octets = 0;
    let lines = 0;
    for await (const piece of request.body ?? []) {
      octets += piece.length;
      for (const octet of piece) if (octet === 0x0a) lines++;
    }
    return Response.json({ octets, lines });
  },
};

// You see: printf 'one\ntwo\n' | curl --data-binary @- http://127.0.0.1:8070/ -> {"octets":8,"lines":2}
