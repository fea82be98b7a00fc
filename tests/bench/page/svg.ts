// Parts of charts in SVG. A chart has its own white ground, so that it reads the same on a dark page.

/** Colours of the candidates of a chart. */
export const COLOURS = ["#9aa5b1", "#2563eb", "#059669", "#d97706"];

/** A whole chart.
 *
 * @param width in pixels
 * @param height in pixels
 * @param title read to those who do not see it
 * @param parts elements */
export function svg(
  width: number,
  height: number,
  title: string,
  parts: readonly string[],
): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}"` +
    ` height="${height}" font-family="sans-serif" font-size="12" role="img">`,
    `<title>${escaped(title)}</title>`,
    rect(0, 0, width, height, "#ffffff"),
    ...parts,
    "</svg>\n",
  ].join("\n");
}

/** A rectangle. */
export function rect(x: number, y: number, width: number, height: number, fill: string): string {
  return `<rect x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${
    short(height)
  }" fill="${fill}"/>`;
}

/** A line. */
export function line(x1: number, y1: number, x2: number, y2: number, stroke = "#52606d"): string {
  return `<line x1="${short(x1)}" y1="${short(y1)}" x2="${short(x2)}" y2="${
    short(y2)
  }" stroke="${stroke}"/>`;
}

/** A line through points, with a dot at each. */
export function polyline(points: readonly (readonly [number, number])[], stroke: string): string {
  const text = points.map(([x, y]) => `${short(x)},${short(y)}`).join(" ");
  const dots = points.map(([x, y]) =>
    `<circle cx="${short(x)}" cy="${short(y)}" r="3" fill="${stroke}"/>`
  );
  return `<polyline points="${text}" fill="none" stroke="${stroke}" stroke-width="2"/>${
    dots.join("")
  }`;
}

/** A text.
 *
 * @param anchor the part of it that is at `x` */
export function label(
  x: number,
  y: number,
  text: string,
  anchor: "start" | "middle" | "end" = "start",
): string {
  return `<text x="${short(x)}" y="${short(y)}" text-anchor="${anchor}" fill="#1f2933">${
    escaped(text)
  }</text>`;
}

function short(number: number): string {
  return `${Number(number.toFixed(1))}`;
}

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}
