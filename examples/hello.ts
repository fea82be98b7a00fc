// deno run -A mod.ts examples/hello.ts
//
// The smallest application: every request gets the same line of text. The same file runs under
// `deno serve examples/hello.ts`.

export default {
  fetch(): Response {
    return new Response("Hello world!\n");
  },
};

// You see: curl http://127.0.0.1:8070/ -> Hello world!
