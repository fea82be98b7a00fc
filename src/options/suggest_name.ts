// Finds the known name that is nearest to a misspelt one, for messages about options and flags.

/** Finds the known name that is spelt most like another name.
 *
 * @param name the name that was written
 * @param known the names that exist
 * @returns the nearest name, or `undefined` when no name is near enough */
export function suggestName(name: string, known: Iterable<string>): string | undefined {
  if (name.length > 64) return undefined; // the distance costs length × length
  let nearest: string | undefined;
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

/** Computes Levenshtein's distance: the least number of insertions, removals and replacements that
 * turn one text into the other. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const replacement = previous[column - 1] + (from[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(replacement, previous[column] + 1, current[column - 1] + 1));
    }
    previous = current;
  }
  return previous[to.length];
}
