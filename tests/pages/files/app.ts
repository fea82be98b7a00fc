// The application `./app.ts` of the pages.

export default { fetch: () => new Response("Hello world!\n") };
