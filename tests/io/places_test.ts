// Places: members that come and go, also while they are being visited.

import { assertEquals } from "@std/assert";
import { Places } from "../../src/io/places.ts";

function placesOf(...names: string[]) {
  const places = new Places<{ readonly name: string }>();
  return { places, numbers: names.map((name) => places.add({ name })) };
}

function namesIn(places: Iterable<{ readonly name: string }>): string[] {
  return [...places].map(({ name }) => name);
}

Deno.test("Places gives the place of a member that has left to the next one", () => {
  const { places, numbers } = placesOf("a", "b", "c");
  places.delete(numbers[1]);
  assertEquals([places.size, namesIn(places)], [2, ["a", "c"]]);
  assertEquals(places.add({ name: "d" }), numbers[1]);
  assertEquals([places.size, namesIn(places)], [3, ["a", "d", "c"]]);
  for (const number of numbers) places.delete(number);
  assertEquals([places.size, namesIn(places)], [0, []]);
});

Deno.test("Places visits each member that is there, and none that has left", () => {
  const { places, numbers } = placesOf("a", "b", "c");
  const visited: string[] = [];
  for (const { name } of places) {
    visited.push(name);
    if (name !== "a") continue;
    places.delete(numbers[0]);
    places.delete(numbers[2]);
    places.add({ name: "d" }); // in the place of c
    places.add({ name: "e" }); // in the place of a, which was visited
    places.add({ name: "f" });
  }
  assertEquals(visited, ["a", "b", "d", "f"]);
});
