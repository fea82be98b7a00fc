// deno run -A mod.ts examples/echo.ts
//
// Sends the content of the request back in upper case, in one stream. The client may receive the first
// part of the response while it still sends.

export default {
  fetch(request: Request): Response {
    const louder = new TransformStream<string, string>({
      transform: (text, controller) => controller.enqueue(text.toUpperCase()),
    });
    const content = request.body
      ?.pipeThrough(new TextDecoderStream())
      .pipeThrough(louder)
      .pipeThrough(new TextEncoderStream());
    return new Response(content);
  },
};

// You see: curl --data 'Hello world!' http://127.0.0.1:8070/ -> HELLO WORLD!
