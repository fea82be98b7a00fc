// The application `./blog.ts` of the pages.

export { default } from "./app.ts";
