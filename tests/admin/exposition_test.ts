// The text format of metrics, held against a strict parser, and that parser itself.

import { assertEquals, assertThrows } from "@std/assert";
import { exposition } from "../../src/admin/exposition.ts";
import { parseExposition } from "../support/exposition_parser.ts";

Deno.test("metrics are read back as they were written", () => {
  const metrics = parseExposition(exposition([
    {
      name: "a_total",
      type: "counter",
      help: "Two\nlines and a \\.",
      samples: [{ labels: {}, value: 3 }, { labels: { path: 'a"\\\n' }, value: 1e21 }],
    },
    { name: "left_out", type: "gauge", help: "No sample.", samples: [] },
    {
      name: "b_seconds",
      type: "histogram",
      help: "Durations.",
      samples: [{ labels: { x: "y" }, bounds: [0.5, 1], counts: [1, 0, 2], sum: 7.25 }],
    },
  ]));
  assertEquals([...metrics.keys()], ["a_total", "b_seconds"]);
  assertEquals(metrics.get("a_total")!.samples, [
    { name: "a_total", labels: {}, value: 3 },
    { name: "a_total", labels: { path: 'a"\\\n' }, value: 1e21 },
  ]);
  assertEquals(metrics.get("b_seconds")!.samples.map(({ labels: { le }, value }) => [le, value]), [
    ["0.5", 1],
    ["1", 1],
    ["+Inf", 3],
    [undefined, 7.25],
    [undefined, 3],
  ]);
});

const HEAD = "# HELP a x\n# TYPE a gauge\n";

/** Texts that the parser has to refuse: otherwise its silence about ours says nothing. */
const WRONG: Readonly<Record<string, string>> = {
  "no end of the last line": `${HEAD}a 1`,
  "a sample without TYPE": "a 1\n",
  "TYPE without HELP": "# TYPE a gauge\na 1\n",
  "two spaces": `${HEAD}a  1\n`,
  "an empty line": `${HEAD}\na 1\n`,
  "a series twice": `${HEAD}a 1\na 2\n`,
  "a label without quotes": `${HEAD}a{b=c} 1\n`,
  "a quote that is not escaped": `${HEAD}a{b="c"d"} 1\n`,
  "a comma at the end": `${HEAD}a{b="c",} 1\n`,
  "a number in words": `${HEAD}a Infinity\n`,
  "another metric's sample": `${HEAD}b 1\n`,
  "a metric twice": `${HEAD}a 1\n${HEAD}a{b="c"} 1\n`,
  "a counter without _total": "# HELP a x\n# TYPE a counter\na 1\n",
  "buckets that fall":
    '# HELP a x\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n',
  "no bucket +Inf": '# HELP a x\n# TYPE a histogram\na_bucket{le="1"} 2\na_sum 1\na_count 2\n',
};

for (const [name, text] of Object.entries(WRONG)) {
  Deno.test(`the parser refuses ${name}`, () => {
    assertThrows(() => parseExposition(text), SyntaxError);
  });
}
