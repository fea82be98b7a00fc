// deno run -A mod.ts examples/echo.ts
//
// What comes in goes out, changed on the way, in one stream from the request's content to the answer's.
// The client may still be sending while it already receives.

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
