// Configuration files that are refused: by the server, and by the schema too unless it cannot know.

/** A text, a part of the server's message, and a mark of what no schema can refuse. */
export type RefusedConfig = readonly [text: string, message: string, mark?: "beyond a schema"];

export const REFUSED: readonly RefusedConfig[] = [
  ["", "Cannot read configuration file c.json: "],
  ["{", "Cannot read configuration file c.json: "],
  ["[]", "Cannot read configuration file c.json: expected a JSON object"],
  ["null", "expected a JSON object"],
  ['"x"', "expected a JSON object"],
  [
    '{"headTimout": 1}',
    'Cannot use "headTimout" in c.json: no option has this name, did you mean headTimeout',
  ],
  ['{"head-timeout": 1}', "did you mean headTimeout"],
  ['{"constructor": 1}', 'Cannot use "constructor" in c.json'],
  ['{"__proto__": {"port": 1}}', 'Cannot use "__proto__" in c.json'],
  ['{"max_requests": 1}', "did you mean maxExchangesPerWorker"],
  ['{"certfile": "c.pem"}', "did you mean tlsCertificate"],
  ['{"processes": 4}', "did you mean workers"],
  ['{"onLog": "x"}', 'Cannot use "onLog" in c.json'],
  [
    '{"headTimeout": null}',
    "Cannot use headTimeout in c.json: expected a whole number of milliseconds, got null",
  ],
  ['{"headTimeout": "soon"}', "Cannot use headTimeout in c.json: expected 250ms"],
  ['{"headTimeout": 0}', "Cannot use headTimeout in c.json: expected a whole number"],
  ['{"headTimeout": "0s"}', "Cannot use headTimeout in c.json: expected a duration from 1ms"],
  ['{"workers": "0"}', "Cannot use workers in c.json: expected"],
  ['{"workers": "2:0"}', "Cannot use workers in c.json: expected"],
  ['{"noDelay": "false"}', 'Cannot use noDelay in c.json: expected true or false, got "false"'],
  ['{"bind": 8070}', "Cannot use bind in c.json: expected a string"],
  ['{"mode": "threaded"}', 'got "threaded"'],
  ['{"mounts": {}}', 'Cannot use "mounts" in c.json: no option has this name, did you mean mount'],
  ['{"mount": "./a.ts"}', "Cannot use mount in c.json: expected an object whose keys are paths"],
  ['{"mount": ["./a.ts"]}', "Cannot use mount in c.json: expected an object whose keys are paths"],
  [
    '{"mount": {"a": "./a.ts"}}',
    'Cannot use mount in c.json: expected a path that begins with "/"',
  ],
  ['{"mount": {"/a": ""}}', "Cannot use mount /a in c.json: expected APP, such as ./app.ts"],
  [
    '{"mount": {"/a": "./a.ts", "/a/": "./b.ts"}}',
    'Cannot use mount /a in c.json: expected one application there, got "./a.ts" and "./b.ts"',
    "beyond a schema",
  ],
  ['{"mount": {"/a": 1}}', 'Cannot use mount /a in c.json: expected APP or { "app": APP, "pool"'],
  ['{"mount": {"/a": {"pool": {}}}}', 'Cannot use mount /a in c.json: expected APP or { "app": A'],
  ['{"mount": {"/a": {"app": "./a.ts", "pol": {}}}}', 'got "pol" too'],
  [
    '{"mount": {"/a": {"app": "./a.ts", "pool": 2}}}',
    "Cannot use pool of /a in c.json: expected an object with options",
  ],
  [
    '{"mount": {"/a": {"app": "./a.ts", "pool": {"maxWorker": 2}}}}',
    'Cannot use "maxWorker" in the pool of /a in c.json: no option about workers has this name, did ' +
    "you mean maxWorkers",
  ],
  [
    '{"mount": {"/a": {"app": "./a.ts", "pool": {"headTimeout": "2s"}}}}',
    'Cannot use "headTimeout" in the pool of /a in c.json: no option about workers has this name',
  ],
  [
    '{"mount": {"/": {"app": "./a.ts", "pool": {"queueTimeout": "soon"}}}}',
    "Cannot use queueTimeout in the pool of / in c.json: expected 250ms",
  ],
  ['{"workers": true}', 'Cannot use workers in c.json: expected a number or "N:M"'],
  [
    '{"workers": "4:2"}',
    'Cannot use workers in c.json: expected N or N:M, got "4:2", where N is',
    "beyond a schema",
  ],
  [
    '{"workers": 4, "minWorkers": 2}',
    "Cannot use workers in c.json together with minWorkers: it sets both numbers",
  ],
  ['{"app": 1}', 'Cannot use app in c.json: expected APP, such as "./app.ts"'],
  [
    '{"app": "./a.ts", "mount": {"/": "./b.ts"}}',
    'Cannot use mount in c.json /=./b.ts: the application at / is "./a.ts" already',
  ],
  ['{"port": 1, "port": 2}', 'line 1, column 13: expected the key "port" once, got'],
  ['{"port": 1 "x"}', 'line 1, column 12: expected "," or "}", got'],
  ['{\n  // a comment\n  "port": 0x1\n}', 'line 3, column 12: expected "," or "}", got "x"'],
  ['{"$schem": "a"}', "no option has this name, did you mean $schema"],
];
