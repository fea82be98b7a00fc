// The application `./api.ts:v2` of the pages.

export const v2 = () => new Response("Version 2\n");
