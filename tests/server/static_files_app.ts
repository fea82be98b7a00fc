// Static files by Connect and serve-static, from the folder that the environment names.

import connect from "npm:connect@3.7.0";
import serveStatic from "npm:serve-static@2.2.1";

const app = connect();
app.use(serveStatic(Deno.env.get("STATIC_FILES")!, { cacheControl: true, maxAge: "1h" }));

export default app;
