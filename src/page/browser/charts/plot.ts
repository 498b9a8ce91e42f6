import uPlot from 'uplot';
import type { KindName } from '../api.js';
import { shortNumber, timeOfDay, withUnit } from '../format.js';
import { DRAWN } from './columns.js';
import { palette, type Palette } from './palette.js';

/** Height of a chart, in CSS pixels; the style sheet's card leaves room for it. */
const HEIGHT = 132;

const FONT = '11px system-ui, sans-serif';

/** Room for the numbers, in CSS pixels: the same in most charts, so that their times stand below each other. */
const AXIS_WIDTH = 58;
const AXIS_WIDTH_MAX = 110;

/** Of a digit at that font, about. */
const DIGIT_WIDTH = 6.4;

/** What a plot asks of the card around it. */
export interface PlotOwner {
  readonly unit: string;
  /** The cursor stands on a row of the data, or on none. */
  hover(index: number | null | undefined): void;
}

/** A chart of a kind of series. All of them share one cursor. */
export function createPlot(kind: KindName, owner: PlotOwner, width: number, place: HTMLElement): uPlot {
  const options: uPlot.Options = {
    width,
    height: HEIGHT,
    pxAlign: 0,
    padding: [8, 16, 0, 0],
    legend: { show: false },
    scales: { x: { auto: false }, y: { range: yRange(kind) } },
    cursor: {
      y: false,
      drag: { x: false, y: false, setScale: false },
      sync: { key: 'l2met' },
      // Of a bar, it would only hide the end.
      points: { size: 7, width: 2, ...(kind === 'count' && { show: false }) },
      bind: { dblclick: () => null },
    },
    axes: [timeAxis(), valueAxis(owner)],
    series: [{}, ...DRAWN[kind].map((_statistic, index) => seriesOf(kind, index))],
    ...(kind === 'measure' && { bands: [{ series: [3, 1] as [number, number], fill: () => palette().band }] }),
    hooks: { setCursor: [(plot) => owner.hover(plot.cursor.idx)] },
  };
  return new uPlot(options, [[], ...DRAWN[kind].map(() => [])] as uPlot.AlignedData, place);
}

/** Redraws a plot with other data, and a span of time. */
export function draw(plot: uPlot, data: uPlot.AlignedData, from: number, to: number): void {
  plot.batch(() => {
    plot.setData(data, false);
    plot.setScale('x', { min: from, max: to });
  });
}

function seriesOf(kind: KindName, index: number): uPlot.Series {
  const stroke = (): string => palette()[kind as keyof Palette];
  if (kind === 'count') {
    return {
      stroke,
      fill: stroke,
      width: 0,
      paths: uPlot.paths.bars!({ size: [0.75, 28, 1] }),
      points: { show: false },
    };
  }
  return {
    stroke,
    width: index === 0 ? 2 : 1,
    ...(index === 2 && { dash: [2, 3] }),
    points: { show: true, size: 4, width: 1, fill: stroke, filter: alone },
  };
}

/** Points between two gaps, which no line shows. */
function alone(plot: uPlot, index: number): number[] {
  const values = plot.data[index]!;
  const found: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (values[i] != null && values[i - 1] == null && values[i + 1] == null) found.push(i);
  }
  return found;
}

/** From zero on, but for samples: a level moves little and is looked at closely. */
function yRange(kind: KindName): uPlot.Scale.Range {
  return (_plot, min, max) => {
    if (min == null || max == null) return [0, 1];
    if (kind === 'sample' && min !== max) return uPlot.rangeNum(min, max, 0.15, true);
    const low = Math.min(0, min);
    const high = Math.max(0, max);
    const room = (high - low || 1) * 0.12;
    return [low < 0 ? low - room : 0, high > 0 ? high + room : 0];
  };
}

function timeAxis(): uPlot.Axis {
  return {
    stroke: () => palette().axis,
    font: FONT,
    size: 24,
    gap: 3,
    space: 46,
    // Whole minutes and more: seconds would take more room than there is.
    incrs: [60, 120, 300, 600, 900, 1200, 1800],
    grid: { show: false },
    ticks: { stroke: () => palette().grid, width: 1, size: 4 },
    values: (_plot, splits) => splits.map((at) => timeOfDay(at * 1000).slice(0, 5)),
  };
}

/** The unit stands once, at the uppermost number. */
function valueAxis(owner: PlotOwner): uPlot.Axis {
  return {
    stroke: () => palette().axis,
    font: FONT,
    size: (_plot, labels) => {
      const longest = Math.max(0, ...(labels ?? []).map((label) => label.length));
      return Math.min(AXIS_WIDTH_MAX, Math.max(AXIS_WIDTH, longest * DIGIT_WIDTH + 10));
    },
    gap: 6,
    space: 26,
    grid: { stroke: () => palette().grid, width: 1 },
    ticks: { show: false },
    values: (_plot, splits) =>
      splits.map((at, i) => (i === splits.length - 1 ? withUnit(at, owner.unit) : shortNumber(at))),
  };
}
