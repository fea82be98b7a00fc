// deno run -A mod.ts examples/frameworks/express.ts
//
// Express with the middleware that most applications have: the application is the default export. Uploads
// go through multer, and passport checks a name and a password.

// deno-lint-ignore-file no-explicit-any -- Express has no types of its own

import express from "npm:express@5.3.0";
import compression from "npm:compression@1.8.2";
import cookieSession from "npm:cookie-session@2.1.1";
import morgan from "npm:morgan@1.12.1";
import multer from "npm:multer@2.5.0";
import passport from "npm:passport@0.7.0";
import { Strategy } from "npm:passport-local@1.0.0";

passport.use(
  new Strategy((name: string, password: string, done: (error: unknown, user: unknown) => void) =>
    done(null, password === "open sesame" ? { name } : false)
  ),
);

const app = express();
app.use(morgan("tiny"), compression(), express.json());
app.use(cookieSession({ name: "session", keys: ["a secret"] }));
app.get("/items/:id", (req: any, res: any) => {
  res.json({ id: Number(req.params.id), name: "one" });
});
app.get("/text", (_req: any, res: any) => {
  res.type("text/plain").send("compressed ".repeat(1_000));
});
app.post("/items", (req: any, res: any) => {
  req.session.last = req.body.name;
  res.status(201).json(req.body);
});
app.get("/last", (req: any, res: any) => {
  res.json({ last: req.session.last ?? null });
});
app.post("/upload", multer().single("file"), (req: any, res: any) => {
  res.json({ name: req.file.originalname, size: req.file.size });
});
app.post(
  "/login",
  express.urlencoded({ extended: false }),
  passport.authenticate("local", { session: false }),
  (req: any, res: any) => {
    res.json(req.user);
  },
);

export default app;

// You see: U=http://127.0.0.1:8070; curl -s $U/items/7; curl -s --compressed $U/text | wc -c; curl -s -F file=@LICENSE $U/upload; curl -s -d 'username=ali&password=open sesame' $U/login; C=$(mktemp); curl -s -c $C --json '{"name":"two"}' $U/items; curl -s -b $C $U/last; rm $C -> {"id":7,"name":"one"}11000 {"name":"LICENSE","size":…}{"name":"ali"}{"name":"two"}{"last":"two"}
