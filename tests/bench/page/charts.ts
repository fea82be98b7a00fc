// The charts of the page: a bar for each work of a mode, and a line for each server of a sweep.

import type { Measurement, Results } from "../results.ts";
import { median } from "../rounds.ts";
import { MODES } from "../suites/realistic.ts";
import { SWEEPS } from "../suites/sweep.ts";
import { workRatios } from "./ratios.ts";
import { COLOURS, label, line, polyline, rect, svg } from "./svg.ts";
import { byGroup } from "./table.ts";

/** A chart as a file. */
export interface Chart {
  /** Its name in `docs/performance/`. */
  readonly file: string;
  readonly title: string;
  readonly svg: string;
}

/** The charts of the modes that were measured. */
export function modeCharts(results: Results): Chart[] {
  const ratios = workRatios(results);
  return MODES.flatMap(({ name, base }) => {
    const bars = ratios.filter(({ mode }) => mode === name)
      .map(({ work, rate, rates }) => ({ name: work, rate, rates }));
    if (bars.length === 0) return [];
    const title = `Mode ${name}: requests/s as a ratio to ${base.name}`;
    return [{ file: `${name}.svg`, title, svg: barChart(title, bars) }];
  });
}

/** The charts of the sweeps that were measured. */
export function sweepCharts({ suites }: Results): Chart[] {
  return byGroup(suites.sweep ?? []).flatMap(([group, measurements]) => {
    const index = SWEEPS.findIndex((sweep) => sweep.group === group);
    if (index < 0) return [];
    const title = `CPU µs for a request by ${group}`;
    const values = SWEEPS[index].values.slice(0, measurements.length);
    const file = `sweep-${group.split(" ").join("-")}.svg`;
    return [{ file, title, svg: lineChart(title, values, measurements) }];
  });
}

interface Bar {
  readonly name: string;
  readonly rate: number;
  readonly rates: readonly number[];
}

const WIDTH = 640;
const LEFT = 120;
const RIGHT = 50;

/** Bars from 0; a thin line from the smallest to the largest ratio; a mark at 1. */
function barChart(title: string, bars: readonly Bar[]): string {
  const step = 28;
  const top = 44;
  const most = Math.max(1.2, ...bars.flatMap(({ rates }) => rates));
  const x = (ratio: number) => LEFT + ratio / most * (WIDTH - LEFT - RIGHT);
  const bottom = top + bars.length * step;
  return svg(WIDTH, bottom + 12, title, [
    label(12, 22, title),
    ...bars.flatMap(({ name, rate, rates }, i) => {
      const y = top + i * step;
      const middle = y + step / 2 - 4;
      return [
        label(LEFT - 8, middle + 4, name, "end"),
        rect(LEFT, y, x(rate) - LEFT, step - 8, rate < 1 ? COLOURS[0] : COLOURS[1]),
        line(x(Math.min(...rates)), middle, x(Math.max(...rates)), middle),
        label(x(Math.max(...rates)) + 6, middle + 4, rate.toFixed(2)),
      ];
    }),
    line(x(1), top - 8, x(1), bottom, "#d64545"),
    label(x(1), top - 12, "1", "middle"),
  ]);
}

/** Lines over two logarithmic axes: a cost that is proportional has a slope of one. */
function lineChart(
  title: string,
  values: readonly number[],
  measurements: readonly Measurement[],
): string {
  const [top, height] = [60, 240];
  const lines = measurements[0].candidates.map(({ name }) => ({
    name,
    costs: measurements.map(({ candidates }) =>
      median(candidates.find((each) => each.name === name)?.numbers.cpuPerRequest ?? [NaN])
    ),
  }));
  const x = logScale(values.map((value) => Math.max(1, value)), LEFT, WIDTH - RIGHT);
  const y = logScale(lines.flatMap(({ costs }) => costs), top + height, top);
  return svg(WIDTH, top + height + 36, title, [
    label(12, 22, title),
    line(LEFT, top, LEFT, top + height),
    line(LEFT, top + height, WIDTH - RIGHT, top + height),
    ...lines.flatMap(({ name, costs }, i) => [
      rect(LEFT + i * 140, 34, 10, 10, COLOURS[i]),
      label(LEFT + 16 + i * 140, 44, name),
      polyline(costs.map((cost, j) => [x(Math.max(1, values[j])), y(cost)]), COLOURS[i]),
    ]),
    ...extremes(lines.flatMap(({ costs }) => costs)).map((cost) =>
      label(LEFT - 8, y(cost) + 4, `${cost.toPrecision(3)} µs`, "end")
    ),
    ...measurements.map((measurement, j) =>
      label(x(Math.max(1, values[j])), top + height + 20, measurement.label, "middle")
    ),
  ]);
}

function logScale(values: readonly number[], from: number, to: number): (value: number) => number {
  const [least, most] = extremes(values).map(Math.log);
  const range = most - least || 1;
  return (value) => from + (Math.log(value) - least) / range * (to - from);
}

function extremes(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)];
}
