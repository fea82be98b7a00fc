// The application `./site.ts` of the pages.

export { default } from "./app.ts";
