/** Lines and bars in the colours of the tokens: `<bihuan-chart data>` holds our small description, not ECharts options. */
import { BarChart, LineChart } from 'echarts/charts';
import { AriaComponent, GridComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import { init, use, type EChartsCoreOption } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { Stop } from '../islands';

use([LineChart, BarChart, GridComponent, TooltipComponent, MarkLineComponent, AriaComponent, SVGRenderer]);

/** treated and control are the two arms; goal is a dashed grey line; the rest take the next colour. */
interface Series {
  name: string;
  values: (number | null)[];
  role?: 'treated' | 'control' | 'goal' | 'success' | 'consider' | 'refuse' | 'unreached' | 'todo';
}
interface Description {
  kind: 'lines' | 'bars' | 'stacked';
  x: string[];
  series: Series[];
  unit?: string;
}

const ROLES: Record<string, string> = {
  treated: '--ch-1', control: '--ch-0', goal: '--ch-0', success: '--oc-success', consider: '--oc-consider',
  refuse: '--oc-refuse', unreached: '--oc-unreached', todo: '--oc-todo',
};
const REST = ['--ch-1', '--ch-2', '--ch-3', '--ch-4', '--ch-5', '--ch-6'];

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function line(series: Series, color: string, format: (value: number) => string): object {
  const dashed = series.role === 'control' || series.role === 'goal';
  const last = series.values.filter(value => value !== null).at(-1);
  return {
    type: 'line', name: series.name, data: series.values, showSymbol: false, color,
    lineStyle: { width: dashed ? 1.5 : 2.5, type: dashed ? 'dashed' : 'solid' },
    endLabel: {
      show: true, color: dashed ? token('--ink-3') : color, fontWeight: dashed ? 400 : 600,
      formatter: () => `${series.name} ${last == null ? '' : format(last)}`,
    },
  };
}

function bars(series: Series, color: string, stacked: boolean): object {
  return {
    type: 'bar', name: series.name, data: series.values, color, barMaxWidth: 22, stack: stacked ? 'all' : undefined,
    itemStyle: { borderColor: token('--panel'), borderWidth: stacked ? 1 : 0 },
  };
}

function option(chart: Description): EChartsCoreOption {
  const numbers = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 });
  const unit = chart.unit ? ` ${chart.unit}` : '';
  const format = (value: number): string => numbers.format(value).replace('-', '−') + unit;
  const small = { color: token('--ink-3'), fontSize: 12 };
  const colors = chart.series.map((series, at) => token(ROLES[series.role ?? ''] ?? REST[at % REST.length] ?? '--ch-1'));
  return {
    animation: false,
    aria: { enabled: true },
    textStyle: { fontFamily: token('--font') },
    grid: { left: 8, right: chart.kind === 'lines' ? 110 : 8, top: 14, bottom: 4, containLabel: true },
    tooltip: { trigger: 'axis', renderMode: 'richText', valueFormatter: (value: unknown) => typeof value === 'number' ? format(value) : '—' },
    xAxis: {
      type: 'category', data: chart.x, axisLabel: small, axisTick: { show: false },
      boundaryGap: chart.kind !== 'lines', axisLine: { lineStyle: { color: token('--line-2') } },
    },
    yAxis: { type: 'value', min: 0, splitNumber: 3, axisLabel: { ...small, formatter: format }, splitLine: { lineStyle: { color: token('--line') } } },
    series: chart.series.map((series, at) =>
      chart.kind === 'lines' ? line(series, colors[at] ?? '', format) : bars(series, colors[at] ?? '', chart.kind === 'stacked')),
  };
}

/** Draws the description and follows the width of its place. */
export async function mount(element: HTMLElement): Promise<Stop> {
  const chart = init(element, null, { renderer: 'svg' });
  chart.setOption(option(JSON.parse(element.getAttribute('data') ?? '') as Description));
  const observer = new ResizeObserver(() => chart.resize());
  observer.observe(element);
  return () => {
    observer.disconnect();
    chart.dispose();
  };
}
