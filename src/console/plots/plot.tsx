import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { onColourChange, readColours } from "../shell/colours.ts";
import type { Values } from "./series.ts";

const HEIGHT = 170;
/** Plots of one page show the same time under the pointer. */
const SYNC_KEY = "coffer";

export interface PlotLine {
	readonly label: string;
	readonly values: Values;
	readonly colour: "accent" | "good" | "warn" | "bad" | "quiet";
}

interface PlotProps {
	readonly title: string;
	/** The plot in words. */
	readonly summary: string;
	readonly times: readonly number[];
	readonly lines: readonly PlotLine[];
	readonly format: (value: number) => string;
	/** The distances that lines of the grid may have. By default those of decimal numbers. */
	readonly steps?: readonly number[];
}

/** The values without neighbours, which lines alone would not show. */
function isolated({ data }: uPlot, series: number): number[] {
	const values = data[series] ?? [];
	const isThere = (index: number) => typeof values[index] === "number";
	return [...values.keys()].filter((index) => isThere(index) && !isThere(index - 1) && !isThere(index + 1));
}

/** The options of a plot in the present colours. */
function optionsOf({ lines, format, steps }: PlotProps, width: number): uPlot.Options {
	const colours = readColours();
	const grid = { stroke: colours.line, width: 1 };
	const axis = { stroke: colours.quiet, grid, ticks: grid, font: "11px system-ui, sans-serif" };
	const text = (_: uPlot, value: number | null) => (value === null ? "–" : format(value));
	return {
		width,
		height: HEIGHT,
		cursor: { sync: { key: SYNC_KEY }, drag: { x: false, y: false }, y: false },
		scales: { y: { range: (_, __, most) => [0, most > 0 ? most * 1.08 : 1] } },
		axes: [
			{ ...axis, size: 28, values: "{HH}:{mm}" },
			{ ...axis, size: 62, values: (_, values) => values.map(format), ...(steps && { incrs: [...steps] }) },
		],
		series: [
			{ value: "{HH}:{mm}", label: "Time" },
			...lines.map(({ label, colour }, index) => ({
				label,
				stroke: colours[colour],
				width: 1.5,
				// The second line differs by more than its colour.
				...(index > 0 && { dash: [5, 3] }),
				value: text,
				points: { show: true, size: 4, fill: colours[colour], filter: isolated },
			})),
		],
	};
}

const dataOf = ({ times, lines }: PlotProps): uPlot.AlignedData => [
	[...times],
	...lines.map(({ values }) => [...values]),
];

/** Makes the plot, as wide as its box. @returns the plot, and what ends it */
function make(box: HTMLElement, props: () => PlotProps): { set: () => void; end: () => void } {
	let plot = new uPlot(optionsOf(props(), box.clientWidth), dataOf(props()), box);
	const observer = new ResizeObserver(() => {
		if (box.clientWidth > 0 && box.clientWidth !== plot.width)
			plot.setSize({ width: box.clientWidth, height: HEIGHT });
	});
	observer.observe(box);
	const endColours = onColourChange(() => {
		plot.destroy();
		plot = new uPlot(optionsOf(props(), box.clientWidth), dataOf(props()), box);
	});
	return {
		set: () => plot.setData(dataOf(props())),
		end: () => {
			observer.disconnect();
			endColours();
			plot.destroy();
		},
	};
}

/** A plot of the last 24 hours with its text. */
export function Plot(props: PlotProps) {
	const box = useRef<HTMLDivElement>(null);
	const newest = useRef(props);
	newest.current = props;
	const made = useRef<ReturnType<typeof make>>(null);
	useEffect(() => {
		if (box.current === null) return;
		made.current = make(box.current, () => newest.current);
		return () => made.current?.end();
	}, []);
	useEffect(() => made.current?.set(), [props.times, props.lines]);
	return (
		<figure class="plot card">
			<figcaption>
				<h2>{props.title}</h2>
				<p class="quiet">{props.summary}</p>
			</figcaption>
			<div ref={box} class="plot-box" aria-hidden="true" />
		</figure>
	);
}
