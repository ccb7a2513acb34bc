/** A line plot over time. */

import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'

export interface Series {
  readonly label: string
  /** A custom property with the colour. */
  readonly color: string
  readonly values: readonly (number | null)[]
}

export interface PlotProps {
  /** What the plot shows, for those who do not see it. */
  readonly label: string
  /** Epoch seconds. */
  readonly times: readonly number[]
  readonly series: readonly Series[]
  readonly height?: number
  readonly fill?: boolean
}

export function Plot({ label, times, series, height = 180, fill = false }: PlotProps) {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  const shape = series.map((one) => one.label + one.color).join()
  useEffect(() => {
    const element = box.current
    if (element === null) return undefined
    const make = (): void => {
      plot.current?.destroy()
      plot.current = new uPlot(optionsOf(element, series, height, fill), dataOf(times, series), element)
    }
    make()
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }))
    observer.observe(element)
    const dark = matchMedia('(prefers-color-scheme: dark)')
    dark.addEventListener('change', make)
    const themed = new MutationObserver(make)
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
    return () => {
      observer.disconnect()
      themed.disconnect()
      dark.removeEventListener('change', make)
      plot.current?.destroy()
      plot.current = undefined
    }
  }, [shape, height])
  useEffect(() => {
    plot.current?.setData(dataOf(times, series))
  }, [times, series])
  return <div ref={box} class="plot" role="img" aria-label={label} />
}

function dataOf(times: readonly number[], series: readonly Series[]): uPlot.AlignedData {
  return [[...times], ...series.map(({ values }) => [...values])] as uPlot.AlignedData
}

function optionsOf(
  element: HTMLElement,
  series: readonly Series[],
  height: number,
  fill: boolean,
): uPlot.Options {
  const color = (name: string): string => colorOf(element, name)
  const axis = {
    stroke: color('--faint'),
    font: '11px system-ui, sans-serif',
    grid: { stroke: color('--line'), width: 1 },
    ticks: { show: false },
  }
  return {
    width: element.clientWidth,
    height,
    padding: [8, 30, 0, 0],
    legend: { show: series.length > 1 },
    cursor: { points: { size: 6 }, drag: { x: false, y: false } },
    scales: { y: { range: (_plot, low, high) => rangeOf(low, high, fill) } },
    axes: [
      { ...axis, space: 90, size: 32, values: (_plot, times) => times.map((time) => timeText(time, times)) },
      { ...axis, size: 48, space: 36 },
    ],
    series: [
      {},
      ...series.map((one) => ({
        label: one.label,
        stroke: color(one.color),
        width: 2,
        points: { show: false },
        ...(fill ? { fill: `color-mix(in srgb, ${color(one.color)} 14%, transparent)` } : {}),
      })),
    ],
  }
}

/** A custom property as a colour that a canvas understands, in the scheme that is in use. */
function colorOf(element: HTMLElement, name: string): string {
  element.style.color = `var(${name})`
  const { color } = getComputedStyle(element)
  element.style.removeProperty('color')
  return color
}

/** `13:01:55` in UTC, as everywhere on the page; with tenths where the marks are closer than seconds. */
function timeText(seconds: number, marks: readonly number[]): string {
  const close = (marks[1] ?? Infinity) - (marks[0] ?? 0) < 1
  return new Date(seconds * 1000).toISOString().slice(11, close ? 21 : 19)
}

/** A rate begins at zero; a measured value has room above and below. */
function rangeOf(low: number | null, high: number | null, fromZero: boolean): [number, number] {
  if (low === null || high === null) return [0, 1]
  if (fromZero) return [0, Math.max(1, high * 1.15)]
  const room = (high - low) * 0.1 || Math.max(1, Math.abs(high) * 0.1)
  return [low - room, high + room]
}
